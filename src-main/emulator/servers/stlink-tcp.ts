// The ST-Link TCP protocol, which OpenOCD and ST's own server speak: one probe, lent to one client at a time. Requests
// have no length in front: it follows from their first byte. All numbers are little-endian. Source: OpenOCD's
// stlink_usb.c, as measured with OpenOCD 0.12.

import type { Socket } from 'node:net'
import { CDB_BYTES, ST_VENDOR } from '../../device/stlink/protocol.ts'
import type { StlinkTransport } from '../../device/stlink/transport.ts'
import { listenOnLoopback, type Server } from './loopback.ts'

export interface ServedStlink {
  transport: StlinkTransport
  productId: number
  /** at most 32 characters */
  serial: string
  /** What waits at the probe's trace endpoint, at most `length` bytes. */
  readTrace(length: number): Promise<Uint8Array>
  /** of the server, from 3 on clients may batch; 3 where nothing is said */
  api?: number
}

const REQUEST = {
  REFRESH: 0x00,
  COUNT: 0x01,
  INFO: 0x02,
  OPEN: 0x03,
  CLOSE: 0x04,
  COMMAND: 0x05,
  VERSION: 0x06,
} as const
const COMMAND = { bytes: 32, cdb: 8, direction: 24, size: 28, WRITE: 0, READ_TRACE: 3 } as const
/** Length of each request; a command that writes carries its data behind. */
const LENGTHS: Readonly<Record<number, number>> = {
  [REQUEST.REFRESH]: 2,
  [REQUEST.COUNT]: 1,
  [REQUEST.INFO]: 8,
  [REQUEST.OPEN]: 8,
  [REQUEST.CLOSE]: 8,
  [REQUEST.COMMAND]: COMMAND.bytes,
  [REQUEST.VERSION]: 4,
}
/** More than any command moves. */
const MOST_DATA = 64 * 1024

const OK = 1
const REFUSED = 0
const VERSION = { api: 3, major: 1, minor: 0, build: 0 } as const
const DEVICE_ID = 1
const SERIAL_BYTES = 32

export function serveStlinkTcp(port: number, stlink: ServedStlink): Promise<Server> {
  let user: Socket | undefined
  let lastHandle = 0
  return listenOnLoopback(port, (socket) => {
    let handle = 0
    socket.on('close', () => {
      if (user === socket) user = undefined
    })

    async function answer(request: Buffer): Promise<Buffer> {
      switch (request[0]) {
        case REQUEST.VERSION:
          return words(stlink.api ?? VERSION.api, VERSION.major, VERSION.minor, VERSION.build)
        case REQUEST.COUNT:
          return words(1)
        case REQUEST.INFO:
          return Buffer.concat([words(request[1] === 0 ? OK : REFUSED, DEVICE_ID), description(stlink)])
        case REQUEST.OPEN:
          if (request.readUInt32LE(4) !== DEVICE_ID || (user !== undefined && user !== socket)) return words(REFUSED, 0)
          user = socket
          handle = ++lastHandle
          return words(OK, handle)
        case REQUEST.CLOSE:
          if (request.readUInt32LE(4) !== handle) return words(REFUSED)
          user = undefined
          handle = 0
          return words(OK)
        case REQUEST.COMMAND:
          return command(request)
        default:
          return words(OK)
      }
    }

    async function command(request: Buffer): Promise<Buffer> {
      const writes = request[COMMAND.direction] === COMMAND.WRITE
      const answerBytes = writes ? 0 : request.readUInt32LE(COMMAND.size)
      if (handle === 0 || request.readUInt32LE(4) !== handle) {
        return Buffer.concat([words(REFUSED), Buffer.alloc(answerBytes)])
      }
      if (request[COMMAND.direction] === COMMAND.READ_TRACE) {
        const padded = Buffer.alloc(answerBytes)
        padded.set(await stlink.readTrace(answerBytes))
        return Buffer.concat([words(OK), padded])
      }
      const [answer] = await stlink.transport.exchange([
        {
          cdb: Uint8Array.from(request.subarray(COMMAND.cdb, COMMAND.cdb + CDB_BYTES)),
          data: writes ? Uint8Array.from(request.subarray(COMMAND.bytes)) : undefined,
          answer: answerBytes,
        },
      ])
      const padded = Buffer.alloc(answerBytes)
      padded.set(answer!.subarray(0, answerBytes))
      return Buffer.concat([words(OK), padded])
    }

    let received = Buffer.alloc(0)
    let work = Promise.resolve()
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      for (;;) {
        const length = requestLength(received)
        if (length === 'invalid') socket.destroy()
        if (length === 'invalid' || length === 'more' || received.length < length) return
        const request = received.subarray(0, length)
        received = received.subarray(length)
        // In order, and each reply in one piece: clients do not put pieces together. A board that is gone hangs up.
        work = work.then(async () => void socket.write(await answer(request))).catch(() => void socket.destroy())
      }
    })
  })
}

/** Of the request that `bytes` begin with. */
function requestLength(bytes: Buffer): number | 'more' | 'invalid' {
  if (bytes.length === 0) return 'more'
  const length = LENGTHS[bytes[0]!]
  if (length === undefined) return 'invalid'
  if (bytes[0] !== REQUEST.COMMAND) return length
  if (bytes.length < length) return 'more'
  const size = bytes.readUInt32LE(COMMAND.size)
  if (size > MOST_DATA) return 'invalid'
  return bytes[COMMAND.direction] === COMMAND.WRITE ? length + size : length
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  values.forEach((value, index) => bytes.writeUInt32LE(value, 4 * index))
  return bytes
}

/** Serial number, USB ids, and that nobody uses it. */
function description({ serial, productId }: ServedStlink): Buffer {
  const bytes = Buffer.alloc(SERIAL_BYTES + 5)
  bytes.write(serial, 'latin1')
  bytes.writeUInt16LE(ST_VENDOR, SERIAL_BYTES)
  bytes.writeUInt16LE(productId, SERIAL_BYTES + 2)
  return bytes
}
