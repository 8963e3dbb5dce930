// The assembler's second half: addresses, the width of every reference to a label, bytes, and the listing.

import { AppError } from '../base/errors.ts'
import { encodeFields } from './thumb/encode.ts'
import type { Reach, Row } from './thumb/forms.ts'
import type { Label } from './thumb/operands.ts'

interface Choice {
  row: Row
  fields: Record<string, number>
}

export type Item =
  | { kind: 'instruction'; text: string; label: Label | undefined; choices: readonly Choice[] }
  | { kind: 'it'; text: string; halfword: number }
  | { kind: 'label'; label: Label }
  | { kind: 'comment'; text: string }
  | { kind: 'data'; text: string; bytes: Uint8Array }
  | { kind: 'align'; to: 2 | 4 }

/** A line of the listing; one without bytes is a label or a remark. */
export interface ListingLine {
  /** offset from the start of the code */
  address: number
  bytes: Uint8Array
  text: string
  comment: string
}

export interface Assembled {
  /** position-independent; to be placed at a multiple of 4 */
  bytes: Uint8Array
  lines: readonly ListingLine[]
  /** offset of each label, by its name */
  labels: ReadonlyMap<string, number>
}

interface Placed {
  item: Item
  address: number
  /** which of an instruction's choices is taken */
  choice: number
}

/** Branches start narrow and grow until all of them reach; growing never undoes another's growth, so this ends. */
export function layOut(items: readonly Item[]): Assembled {
  const placed = items.map((item): Placed => ({ item, address: 0, choice: 0 }))
  let labels: Map<Label, number>
  do labels = assignAddresses(placed)
  while (widen(placed, labels))

  const size = placed.reduce((end, p) => Math.max(end, p.address + sizeOf(p)), 0)
  const bytes = new Uint8Array(size)
  const lines: ListingLine[] = []
  let comments: string[] = []
  for (const p of placed) {
    const { item, address } = p
    if (item.kind === 'comment') {
      comments.push(item.text)
      continue
    }
    const encoded = encode(p, labels)
    bytes.set(encoded, address)
    const text = textOf(item)
    lines.push({ address, bytes: encoded, text, comment: comments.join('; ') })
    comments = []
  }
  return { bytes, lines, labels: new Map([...labels].map(([label, address]) => [label.name, address])) }
}

function textOf(item: Exclude<Item, { kind: 'comment' }>): string {
  if (item.kind === 'label') return `${item.label.name}:`
  return item.kind === 'align' ? `.balign ${item.to}, 0` : item.text
}

function sizeOf({ item, address, choice }: Placed): number {
  switch (item.kind) {
    case 'instruction':
      return item.choices[choice]!.row.bits / 8
    case 'it':
      return 2
    case 'data':
      return item.bytes.length
    case 'align':
      return -address & (item.to - 1)
    default:
      return 0
  }
}

function assignAddresses(placed: readonly Placed[]): Map<Label, number> {
  const labels = new Map<Label, number>()
  let address = 0
  for (const p of placed) {
    p.address = address
    if (p.item.kind === 'label') labels.set(p.item.label, address)
    address += sizeOf(p)
  }
  return labels
}

const reachOf = (row: Row): Reach | undefined => row.forms.find((form) => form.kind === 'label')?.reach

function distanceOf(label: Label, address: number, reach: Reach, labels: ReadonlyMap<Label, number>): number {
  const target = labels.get(label)
  if (target === undefined) throw new AppError('INTERNAL', `Assembler: label ${label.name} was never placed`)
  const pc = address + 4
  return target - (reach.aligned ? pc & ~3 : pc)
}

/** Whether the encoding holds the distance, in steps that its fields can express. */
function reaches(reach: Reach, distance: number, row: Row): boolean {
  const isNarrowLiteral = reach.aligned && row.bits === 16
  return distance >= reach.min && distance <= reach.max && (!isNarrowLiteral || distance % 4 === 0)
}

function widen(placed: readonly Placed[], labels: ReadonlyMap<Label, number>): boolean {
  let grew = false
  for (const p of placed) {
    if (p.item.kind !== 'instruction' || p.item.label === undefined) continue
    const { choices, label, text } = p.item
    for (;;) {
      const { row } = choices[p.choice]!
      const reach = reachOf(row)!
      const distance = distanceOf(label, p.address, reach, labels)
      if (reaches(reach, distance, row)) break
      if (p.choice + 1 === choices.length)
        throw new AppError('INTERNAL', `Assembler: ${text} is ${distance} bytes away, which no encoding reaches`)
      p.choice++
      grew = true
    }
  }
  return grew
}

function encode(p: Placed, labels: ReadonlyMap<Label, number>): Uint8Array {
  const { item } = p
  switch (item.kind) {
    case 'instruction': {
      const { row, fields } = item.choices[p.choice]!
      const reach = reachOf(row)
      const distance = reach === undefined ? 0 : distanceOf(item.label!, p.address, reach, labels)
      const word = encodeFields(row, reach === undefined ? fields : { ...fields, ...reach.fields(distance) })
      return row.bits === 16 ? halfwords(word) : halfwords(word >>> 16, word & 0xffff)
    }
    case 'it':
      return halfwords(item.halfword)
    case 'data':
      return item.bytes
    default:
      return new Uint8Array(sizeOf(p))
  }
}

const halfwords = (...values: number[]) => Uint8Array.from(values.flatMap((value) => [value & 0xff, value >>> 8]))

/** The listing as text: address, bytes, instruction, and what the emitter says about it. */
export function printListing(lines: readonly ListingLine[]): string {
  return lines.map(printLine).join('\n')
}

function printLine({ address, bytes, text, comment }: ListingLine): string {
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')
  const shown = hex.length > 16 ? `${hex.slice(0, 14)}..` : hex
  const indented = text.endsWith(':') ? text : `    ${text}`
  const start = `${address.toString(16).padStart(6, '0')}  ${shown.padEnd(16)}  ${indented}`
  return comment === '' ? start.trimEnd() : `${start.padEnd(72)} @ ${comment}`
}
