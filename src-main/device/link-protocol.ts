// The language between host and firmware, over any byte stream. Little-endian.
//
// A frame: sync, type, sequence, check, length (u32), payload, CRC-32 of everything before it. `check` makes the
// first four bytes and the length add up to 0xFF, so that garbage is rarely taken for a header. Whoever finds a frame
// that does not hold drops ONE byte and looks for the next sync: that finds a true frame inside a false one.
// The host asks, the firmware answers with the same sequence: one request at a time, so that a ring of two frames
// never overflows. An answer has ANSWER_BIT set in its type, or is an `error`.

import type { CConstant, CField, CHeader } from '../base/c-header.ts'

export const LINK_VERSION = 1
export const SYNC = 0xa5
export const HEADER_BYTES = 8
export const CRC_BYTES = 4
export const MAX_PAYLOAD = 1024
export const MAX_FRAME = HEADER_BYTES + MAX_PAYLOAD + CRC_BYTES
export const RING_BYTES = 2048
/** what a serial line begins with, and falls back to when no whole frame comes at another rate */
export const BASE_BAUD = 115_200
export const MAX_BAUD = 921_600
export const ANSWER_BIT = 0x80
/** written to ITM stimulus port 0 behind the last op; before op i it is i */
export const MARK_END = 0xffffffff

export const FRAME_TYPES = {
  hello: { value: 0x01, comment: '-> tm_link_hello' },
  open: { value: 0x02, comment: '-> tm_link_opened, then tm_link_span for each input, then each output' },
  write: { value: 0x03, comment: 'tm_link_write, bytes -> nothing' },
  read: { value: 0x04, comment: 'tm_link_span -> bytes' },
  run: { value: 0x05, comment: 'tm_link_run -> tm_link_ran, then with profile one u32 of cycles for each op' },
  infer: { value: 0x06, comment: 'tm_link_write into input 0, bytes -> tm_link_ran, then the start of output 0' },
  rate: { value: 0x07, comment: 'tm_link_rate that is wanted -> tm_link_rate that there will be, behind the answer' },
  fault: { value: 0x7e, comment: 'tm_fault_record, unasked for: the firmware has stopped' },
  error: { value: 0x7f, comment: 'tm_link_error, then a reason in ASCII' },
} as const
export type FrameName = keyof typeof FRAME_TYPES
export type RequestFrame = Exclude<FrameName, 'fault' | 'error'>

export const LINK_ERRORS = {
  unknown_command: { value: 1, comment: 'the firmware is of another version' },
  bad_length: { value: 2, comment: 'the payload does not hold what the command needs' },
  bad_frame: { value: 3, comment: 'CRC' },
  out_of_range: { value: 4, comment: 'bytes or ops outside of the model' },
  no_model: { value: 5, comment: 'open one first' },
  model_refused: { value: 6, comment: 'detail is the tm_status, the reason its name' },
  run_failed: { value: 7, comment: 'detail is the tm_status, the reason its name' },
  no_rate: { value: 8, comment: 'this line has no rate, or not this one; detail is the one asked for' },
} as const
export type LinkErrorName = keyof typeof LINK_ERRORS

export const CLOCK_SOURCES = {
  hsi: { value: 0, comment: 'internal oscillator, no PLL' },
  hsi_pll: { value: 1, comment: 'the crystal did not start' },
  hse_pll: { value: 2, comment: 'crystal' },
} as const
export type ClockSource = keyof typeof CLOCK_SOURCES

const word = <Name extends string>(name: Name, comment?: string) =>
  ({ name, type: 'uint32_t', ...(comment === undefined ? {} : { comment }) }) as const

/** Payloads, all of 32-bit words. */
export const PAYLOADS = {
  hello: [
    word('link_version', 'TM_LINK_VERSION'),
    word('chip_id', 'DBGMCU_IDCODE bits 11:0, as the chip says it'),
    word('clock_hz', 'what the core runs at'),
    word('clock_source', 'TM_CLOCK_*'),
    word('ccm_bytes', 'core-coupled memory found'),
    word('cycle_counter', '1 when DWT CYCCNT counts'),
    word('max_payload'),
    word('model_start'),
    word('model_bytes'),
    word('arena_start'),
    word('arena_bytes'),
  ],
  opened: [word('ops'), word('arena_bytes', 'that this model uses'), word('inputs'), word('outputs')],
  span: [word('offset', 'into the arena'), word('bytes')],
  write: [word('offset', 'into the arena; for infer into input 0, and the bytes end it')],
  run: [word('first'), word('end', 'one past the last op'), word('profile', '1: cycles of each op')],
  ran: [
    word('cycles_present', '0 when no cycle counter counts'),
    word('cycles_low', '64 bits, from before the first op to behind the last'),
    word('cycles_high'),
  ],
  rate: [word('baud')],
  error: [word('code', 'TM_ERROR_*'), word('detail'), word('op', 'that a refused model is about, or 0xFFFFFFFF')],
} as const satisfies Record<string, readonly CField[]>

const constants = (prefix: string, rows: Record<string, { value: number; comment: string }>): CConstant[] =>
  Object.entries(rows).map(([name, row]) => ({ name: `${prefix}_${name.toUpperCase()}`, ...row }))

export const linkProtocolC: CHeader = {
  file: 'tm_link.h',
  source: 'src-main/device/link-protocol.ts',
  blocks: [
    {
      kind: 'defines',
      title: 'Framing',
      constants: [
        { name: 'TM_LINK_VERSION', value: LINK_VERSION },
        { name: 'TM_LINK_SYNC', value: SYNC },
        { name: 'TM_LINK_HEADER_BYTES', value: HEADER_BYTES },
        { name: 'TM_LINK_CRC_BYTES', value: CRC_BYTES },
        { name: 'TM_LINK_MAX_PAYLOAD', value: MAX_PAYLOAD },
        { name: 'TM_LINK_MAX_FRAME', value: MAX_FRAME },
        { name: 'TM_LINK_RING_BYTES', value: RING_BYTES },
        { name: 'TM_LINK_BAUD', value: BASE_BAUD, comment: 'of a serial line until another rate is asked for' },
        { name: 'TM_LINK_MAX_BAUD', value: MAX_BAUD },
        { name: 'TM_LINK_ANSWER', value: ANSWER_BIT, comment: 'set in the type of an answer' },
        { name: 'TM_MARK_END', value: MARK_END, comment: 'to ITM port 0 behind the last op' },
      ],
    },
    { kind: 'defines', title: 'Frame types', constants: constants('TM_LINK', FRAME_TYPES) },
    { kind: 'defines', title: 'Why a command failed', constants: constants('TM_ERROR', LINK_ERRORS) },
    { kind: 'defines', title: 'What the core clock comes from', constants: constants('TM_CLOCK', CLOCK_SOURCES) },
    ...Object.entries(PAYLOADS).map(
      ([name, fields]) => ({ kind: 'struct', name: `tm_link_${name}`, title: `Payload: ${name}`, fields }) as const,
    ),
  ],
}

export type PayloadName = keyof typeof PAYLOADS
export type Payload<Name extends PayloadName> = Record<(typeof PAYLOADS)[Name][number]['name'], number>

export const payloadBytes = (name: PayloadName) => 4 * PAYLOADS[name].length

/** The payload's words in the table's order, then `tail`. */
export function writePayload<Name extends PayloadName>(
  name: Name,
  values: Payload<Name>,
  tail: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const head = payloadBytes(name)
  const bytes = new Uint8Array(head + tail.length)
  const view = new DataView(bytes.buffer)
  PAYLOADS[name].forEach((field, index) => {
    view.setUint32(4 * index, (values as Record<string, number>)[field.name]!, true)
  })
  bytes.set(tail, head)
  return bytes
}

/** Null when `bytes` are too short for it. */
export function readPayload<Name extends PayloadName>(
  name: Name,
  bytes: Uint8Array,
): { values: Payload<Name>; tail: Uint8Array } | null {
  const head = payloadBytes(name)
  if (bytes.length < head) return null
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const values = Object.fromEntries(PAYLOADS[name].map((field, index) => [field.name, view.getUint32(4 * index, true)]))
  return { values: values as Payload<Name>, tail: bytes.subarray(head) }
}
