// Commands to an ST-Link over USB: 16 bytes out, then data out or an answer in.

import { AppError, type ErrorContext } from '../../base/errors.ts'
import type { ErrorCode } from '../../base/error-codes.ts'
import { PRODUCTS } from './protocol.ts'
import type { StlinkCommand, StlinkTransport } from './transport.ts'

/** What of a WebUSB device the transport needs. */
export interface StlinkUsbDevice {
  readonly productId: number
  readonly configuration?:
    | {
        interfaces: readonly {
          alternate: { endpoints: readonly { endpointNumber: number; direction: string; packetSize: number }[] }
        }[]
      }
    | undefined
  open(): Promise<void>
  close(): Promise<void>
  claimInterface(number: number): Promise<void>
  transferOut(endpoint: number, data: BufferSource): Promise<{ status?: string | undefined }>
  transferIn(endpoint: number, length: number): Promise<{ data?: DataView | undefined; status?: string | undefined }>
}

const DEBUG_INTERFACE = 0
const FULL_SPEED_PACKET = 64

/** By what the operating system says, in the words of every platform's USB stack. */
const CAUSES: readonly { pattern: RegExp; code: ErrorCode }[] = [
  { pattern: /permission|access|EACCES|EPERM/i, code: 'PROBE_PERMISSION' },
  { pattern: /busy|in use|claim|exclusive/i, code: 'PROBE_IN_USE' },
  { pattern: /disconnect|no device|no such device|not found|ENODEV/i, code: 'BOARD_GONE' },
]

function usbError(thrown: unknown, what: string, context: ErrorContext = {}): AppError {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  const code = CAUSES.find(({ pattern }) => pattern.test(reason))?.code ?? 'PROBE_FAILED'
  return new AppError(code, `${what}: ${reason}.`, { cause: thrown, context })
}

/** Throws PROBE_PERMISSION, PROBE_IN_USE, BOARD_GONE, PROBE_FAILED. */
export async function openUsbTransport(device: StlinkUsbDevice): Promise<StlinkTransport> {
  const product = PRODUCTS[device.productId]
  if (product === undefined) throw new AppError('PROBE_FAILED', 'This USB device is not an ST-Link.')
  const { endpoints, name } = product
  try {
    await device.open()
  } catch (error) {
    throw usbError(error, `The ${name} can't be opened`)
  }
  try {
    await device.claimInterface(DEBUG_INTERFACE)
  } catch (error) {
    await device.close().catch(() => undefined)
    throw usbError(error, `The ${name} can't be used`)
  }
  const input = device.configuration?.interfaces[DEBUG_INTERFACE]?.alternate.endpoints.find(
    ({ direction, endpointNumber }) => direction === 'in' && endpointNumber === endpoints.in,
  )
  const packet = input?.packetSize ?? FULL_SPEED_PACKET

  async function send(data: Uint8Array): Promise<void> {
    const { status } = await device.transferOut(endpoints.out, Uint8Array.from(data))
    if (status !== 'ok') throw new AppError('PROBE_FAILED', `The ${name} refused a command (${status ?? 'no status'}).`)
  }

  async function fetch(length: number): Promise<Uint8Array> {
    // Whole packets, as the host controller wants them; what is shorter ends the transfer.
    const { data, status } = await device.transferIn(endpoints.in, Math.ceil(length / packet) * packet)
    if (status !== 'ok' || data === undefined) {
      throw new AppError('PROBE_FAILED', `The ${name} gave no answer (${status ?? 'no status'}).`)
    }
    return new Uint8Array(data.buffer, data.byteOffset, Math.min(length, data.byteLength))
  }

  async function carry({ cdb, data, answer }: StlinkCommand): Promise<Uint8Array> {
    await send(cdb)
    if (data !== undefined && data.length > 0) await send(data)
    return answer > 0 ? fetch(answer) : new Uint8Array(0)
  }

  /** Exchanges follow each other: an answer belongs to the command that went out before it. */
  let last: Promise<unknown> = Promise.resolve()
  return {
    exchange(commands) {
      const work = last.then(async () => {
        const answers: Uint8Array[] = []
        try {
          for (const command of commands) answers.push(await carry(command))
        } catch (error) {
          if (error instanceof AppError) throw error
          throw usbError(error, `The ${name} does not answer`)
        }
        return answers
      })
      last = work.catch(() => undefined)
      return work
    },
    close: () => device.close().catch(() => undefined),
  }
}
