// What a probe's status byte means to the person in front of it.

import { AppError } from '../../base/errors.ts'
import { hexAddr } from '../../base/units.ts'
import { STATUS } from './protocol.ts'

const row = (answer: Uint8Array) => STATUS[answer[0] ?? 0] ?? { kind: 'probe' as const, name: 'unknown status' }

/** The kind of the status that an answer begins with. */
export const statusKind = (answer: Uint8Array) => row(answer).kind

const CODES = {
  wait: 'BOARD_TIMEOUT',
  bus: 'BOARD_FAULT',
  target: 'TARGET_UNREACHABLE',
  probe: 'PROBE_FAILED',
} as const

/** `what` was refused, begins a sentence. Answers of 12 bytes say at which address. */
export function statusError(answer: Uint8Array, what: string): AppError {
  const { kind, name } = row(answer)
  const fault = answer.length >= 12 ? new DataView(answer.buffer, answer.byteOffset).getUint32(4, true) : undefined
  const code = kind === 'ok' ? 'PROBE_FAILED' : CODES[kind]
  const where = kind === 'bus' && fault !== undefined ? ` at ${hexAddr(fault)}` : ''
  return new AppError(code, `${what} failed${where}: ${name} (status 0x${(answer[0] ?? 0).toString(16)}).`, {
    ...(code === 'BOARD_FAULT' && {
      hint: 'Nothing answers at this address, or flash was written without its controller being ready for it.',
    }),
    context: { status: answer[0], ...(fault !== undefined && { address: hexAddr(fault) }) },
  })
}
