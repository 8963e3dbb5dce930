// Reading and writing the structures of layout.ts: words in table order, little-endian.

import { layoutBytes, type Field, type Layout, type Reference, type Values } from './layout.ts'

type AnyValues = Record<string, number | readonly number[] | Reference>

/** The structure's bytes. */
export const writeStruct = <L extends Layout>(layout: L, values: Values<L>): Uint8Array => writeFields(layout, values)

/** `writeStruct` for a caller that has checked values against the table by other means. */
export function writeFields(layout: Layout, values: AnyValues): Uint8Array {
  const out = new Uint8Array(layoutBytes(layout))
  const view = new DataView(out.buffer)
  let at = 0
  const word = (type: Field['type'], value: number) => {
    if (type === 'f32') view.setFloat32(at, value, true)
    else view.setInt32(at, value, true) // modulo 2^32: the same bits for u32 and i32
    at += 4
  }
  for (const { name, type, count } of layout.fields) {
    const value = values[name]!
    if (typeof value === 'number') word(type, value)
    else if ('offset' in value) {
      word('u32', value.offset)
      word('u32', value.bytes)
    } else for (let i = 0; i < (count ?? 1); i++) word(type, value[i]!)
  }
  return out
}

/** Reads a structure at `at`; the caller has checked that it lies inside the view. */
export function readStruct<L extends Layout>(layout: L, view: DataView, at: number): Values<L> {
  const word = (type: Field['type']) => {
    const value =
      type === 'f32' ? view.getFloat32(at, true) : type === 'i32' ? view.getInt32(at, true) : view.getUint32(at, true)
    at += 4
    return value
  }
  const values: AnyValues = {}
  for (const { name, type, count } of layout.fields) {
    if (type === 'ref') values[name] = { offset: word('u32'), bytes: word('u32') }
    else values[name] = count === undefined ? word(type) : Array.from({ length: count }, () => word(type))
  }
  return values as Values<L>
}
