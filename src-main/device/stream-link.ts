import type { Duplex } from 'node:stream'
import { AppError } from '../base/errors.ts'
import type { ByteStream } from './byte-stream.ts'

/** Any Node stream as a byte stream: a socket to QEMU's serial line, later a serial port. `name` is for messages. */
export function openDuplexStream(duplex: Duplex, name: string): ByteStream {
  let arrived: Buffer[] = []
  let ended: Error | null = null
  let wake = () => {}

  const onEnd = (error?: Error | null) => {
    ended ??= error ?? new Error('closed by the other end')
    wake()
  }
  duplex.on('data', (chunk: Buffer) => {
    arrived.push(chunk)
    wake()
  })
  duplex.on('error', onEnd)
  duplex.on('close', onEnd)

  const gone = () => new AppError('BOARD_GONE', `The connection to ${name} has ended: ${ended?.message}.`)

  return {
    write: (data) =>
      new Promise((resolve, reject) => {
        if (ended !== null) reject(gone())
        else duplex.write(data, (error) => (error ? reject(gone()) : resolve()))
      }),
    async read(waitMs) {
      if (arrived.length === 0 && ended === null) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, waitMs)
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
      }
      const bytes = new Uint8Array(Buffer.concat(arrived))
      arrived = []
      if (bytes.length === 0 && ended !== null) throw gone()
      return bytes
    },
    async close() {
      duplex.destroy()
    },
  }
}
