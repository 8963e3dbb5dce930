// Protocol and layout tables are written once, in TypeScript; the firmware's headers are printed from them here.

export interface CConstant {
  name: string
  value: number
  comment?: string
}

export interface CField {
  name: string
  type: keyof typeof TYPE_BYTES | CStruct
  /** elements of an array field */
  count?: number
  comment?: string
}

export interface CStruct {
  kind: 'struct'
  name: string
  title: string
  fields: readonly CField[]
}

export type CBlock = { kind: 'defines'; title: string; constants: readonly CConstant[] } | CStruct

export interface CHeader {
  /** `tm_link.h`; the include guard follows from it */
  file: string
  /** the table's path in the repository, for whoever wants to change the header */
  source: string
  blocks: readonly CBlock[]
}

const TYPE_BYTES = { uint8_t: 1, int8_t: 1, uint16_t: 2, int16_t: 2, uint32_t: 4, int32_t: 4, float: 4 } as const

/** Bytes of a struct whose fields are naturally aligned without padding, as every table here keeps them. */
export const structBytes = (fields: readonly CField[]): number =>
  fields.reduce((sum, field) => sum + typeBytes(field.type) * (field.count ?? 1), 0)

const typeBytes = (type: CField['type']) => (typeof type === 'string' ? TYPE_BYTES[type] : structBytes(type.fields))

const note = (comment: string | undefined) => (comment ? ` /* ${comment} */` : '')

const literal = (value: number) =>
  value < 0 ? `(${value})` : value > 0xffff ? `0x${value.toString(16).toUpperCase().padStart(8, '0')}u` : `${value}u`

function printBlock(block: CBlock): string {
  if (block.kind === 'defines') {
    const width = Math.max(...block.constants.map((constant) => constant.name.length))
    const lines = block.constants.map(
      ({ name, value, comment }) => `#define ${name.padEnd(width)} ${literal(value)}${note(comment)}`,
    )
    return [`/* ${block.title} */`, ...lines].join('\n')
  }
  const lines = block.fields.map(
    ({ name, type, count, comment }) =>
      `    ${typeof type === 'string' ? type : type.name} ${name}${count === undefined ? '' : `[${count}]`};${note(comment)}`,
  )
  const check = `_Static_assert(sizeof(${block.name}) == ${structBytes(block.fields)}, "${block.name} has padding");`
  return [`/* ${block.title} */`, 'typedef struct {', ...lines, `} ${block.name};`, check].join('\n')
}

/** The whole text of a C header. */
export function printCHeader({ file, source, blocks }: CHeader): string {
  const guard = file.toUpperCase().replace(/[^A-Z0-9]/g, '_')
  return [
    `/* Generated from ${source}: change the table there; its test, run with vitest -u, writes this file. */`,
    `#ifndef ${guard}`,
    `#define ${guard}`,
    '#include <stdint.h>',
    ...blocks.map(printBlock),
    `#endif /* ${guard} */\n`,
  ].join('\n\n')
}
