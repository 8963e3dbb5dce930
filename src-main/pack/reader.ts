// Reads a packed model back: what it is, its tensors and its records. The firmware checks far more before it runs one.

import { AppError } from '../base/errors.ts'
import { crc32 } from '../base/hash.ts'
import {
  HEADER,
  IO,
  IO_HEAD,
  LAYOUT_VERSION,
  MAGIC,
  OP_HEAD,
  RECORDS,
  RECORD_KINDS,
  SECTION,
  SECTION_TYPES,
  layoutBytes,
  type Layout,
  type RecordKind,
  type RecordValues,
  type Values,
} from './layout.ts'
import { readStruct } from './struct.ts'

/** A record, typed by its kind. */
export type ReadRecord = { [K in RecordKind]: { kind: K; opIndex: number; fields: RecordValues<K> } }[RecordKind]

export interface ReadModel {
  /** 32 hex digits */
  modelId: string
  header: Values<typeof HEADER>
  inputs: readonly Values<typeof IO>[]
  outputs: readonly Values<typeof IO>[]
  records: readonly ReadRecord[]
  constants: Uint8Array
  /** machine code of generated kernels; empty where there are none */
  code: Uint8Array
}

const corrupt = (what: string) => new AppError('MODEL_CORRUPT', `The packed model is damaged: ${what}.`)

/** Throws MODEL_CORRUPT naming what is wrong. */
export function readPackedModel(blob: Uint8Array): ReadModel {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  const header = readAt(HEADER, view, 0, 'header')
  if (header.magic !== MAGIC) throw corrupt('its magic number is missing')
  if (header.version !== LAYOUT_VERSION) throw corrupt(`its layout version is ${header.version}, not ${LAYOUT_VERSION}`)
  if (header.total_bytes !== blob.length) throw corrupt(`it has ${blob.length} bytes and not ${header.total_bytes}`)
  if (crc32(blob.subarray(16)) !== header.crc32) throw corrupt('its CRC-32 differs')

  const sections = readSections(view, header.section_count)
  const io = sections.get(SECTION_TYPES.IO)!
  const { input_count, output_count } = readAt(IO_HEAD, io, 0, 'tensors')
  const tensors = Array.from({ length: input_count + output_count }, (_, i) =>
    readAt(IO, io, layoutBytes(IO_HEAD) + i * layoutBytes(IO), 'tensors'),
  )
  const constants = sections.get(SECTION_TYPES.CNST)!
  const code = sections.get(SECTION_TYPES.CODE)
  return {
    modelId: Buffer.from(Uint32Array.from(header.model_id).buffer).toString('hex'),
    header,
    inputs: tensors.slice(0, input_count),
    outputs: tensors.slice(input_count),
    records: readRecords(sections.get(SECTION_TYPES.PLAN)!, header.op_count),
    constants: new Uint8Array(constants.buffer, constants.byteOffset, constants.byteLength),
    code: code ? new Uint8Array(code.buffer, code.byteOffset, code.byteLength) : new Uint8Array(0),
  }
}

function readAt<L extends Layout>(layout: L, view: DataView, at: number, what: string): Values<L> {
  if (at + layoutBytes(layout) > view.byteLength) throw corrupt(`its ${what} are cut short`)
  return readStruct(layout, view, at)
}

/** CODE where kernels were generated, SIGN where somebody signed. */
const OPTIONAL: readonly number[] = [SECTION_TYPES.CODE, SECTION_TYPES.SIGN]

function readSections(view: DataView, count: number): Map<number, DataView> {
  const sections = new Map<number, DataView>()
  for (let i = 0; i < count; i++) {
    const { type, offset, bytes } = readAt(SECTION, view, layoutBytes(HEADER) + i * layoutBytes(SECTION), 'sections')
    if (offset + bytes > view.byteLength) throw corrupt(`section ${type} lies outside`)
    sections.set(type, new DataView(view.buffer, view.byteOffset + offset, bytes))
  }
  for (const [name, type] of Object.entries(SECTION_TYPES))
    if (!OPTIONAL.includes(type) && !sections.has(type)) throw corrupt(`section ${name} is missing`)
  return sections
}

const KIND_NAMES = new Map(Object.entries(RECORD_KINDS).map(([name, kind]) => [kind, name as RecordKind]))

function readRecords(plan: DataView, count: number): ReadRecord[] {
  let at = 0
  return Array.from({ length: count }, () => {
    const head = readAt(OP_HEAD, plan, at, 'op records')
    const kind = KIND_NAMES.get(head.kind)
    if (kind === undefined) throw corrupt(`op record kind ${head.kind} is unknown`)
    const fields = readAt(RECORDS[kind], plan, at, 'op records')
    at += layoutBytes(RECORDS[kind])
    return { kind, opIndex: head.op_index, fields } as ReadRecord
  })
}
