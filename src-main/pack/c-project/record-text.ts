// An op record as a C initialiser, field by field from the layout table: the values that the packer writes.

import { RECORDS, type Field, type Reference } from '../layout.ts'
import { constantOffset, isConstant, type PlainRecord } from './project-parts.ts'

/** The lines of `static const tm_… symbol = { … };`. */
export function recordText({ kind, opIndex, fields }: PlainRecord, symbol: string): string[] {
  const { name } = RECORDS[kind]
  const known = fields as Record<string, number | readonly number[] | Reference>
  const lines = RECORDS[kind].fields.map((field: Field) => {
    const value =
      field.name === 'kind'
        ? `TM_OP_${kind}`
        : field.name === 'record_bytes'
          ? `sizeof(${name})`
          : field.name === 'op_index'
            ? `${opIndex}u`
            : fieldText(field, known[field.name]!)
    return `    .${field.name} = ${value},`
  })
  return [`static const ${name} ${symbol} = {`, ...lines, '};']
}

function fieldText({ type }: Field, value: number | readonly number[] | Reference): string {
  if (typeof value === 'number') return numberText(type, value)
  return 'offset' in value ? referenceText(value) : `{${value.map((n) => numberText(type, n)).join(', ')}}`
}

const referenceText = (ref: Reference): string =>
  isConstant(ref) ? `{TM_CONSTANT | ${constantOffset(ref)}u, ${ref.bytes}u}` : `{${ref.offset}u, ${ref.bytes}u}`

function numberText(type: Field['type'], value: number): string {
  if (type === 'f32') return floatText(value)
  return type === 'u32' ? `${value}u` : intText(value)
}

/** -2147483648 would be the negative of a number that int does not hold. */
export const intText = (value: number): string => (value === -2147483648 ? '(-2147483647 - 1)' : String(value))

/** Nine significant digits name one float32 (IEEE 754-2008 5.12.2). */
export function floatText(value: number): string {
  const text = String(Number(value.toPrecision(9)))
  return `${/[.e]/.test(text) ? text : `${text}.0`}f`
}
