// A virtual board's USART as a pseudo terminal: other programs open it like a serial port. What is sent while nobody
// listens waits in the terminal's buffer, and is dropped when that is full, as on a wire without a listener. A client that
// is at another rate than the board gets zeros: what termios(3) says of bytes with framing errors.

import { lstat, readlink, symlink, unlink } from 'node:fs/promises'
import { write } from 'node:fs'
import type { ReadStream } from 'node:tty'
import { AppError } from '../../base/errors.ts'
import { holdSerialLine } from '../../device/serial-stream.ts'
import { sameRate } from '../stm32/usart.ts'

/** What `open` of node-pty gives; its types leave the function out. */
interface OpenPair {
  readonly ptsName: string
  readonly fd: number
  readonly master: ReadStream
  readonly slave: ReadStream
}

export interface PtyServer {
  /** the pseudo terminal's own path */
  path: string
  /** Bytes that left the board, and at which rate. */
  send(bytes: Uint8Array, baud: number): void
  close(): Promise<void>
}

/** So much waits for a slow reader before bytes are dropped. */
const MOST_WAITING = 64 * 1024
const RETRY_MS = 2

async function openPair(): Promise<OpenPair> {
  if (process.platform === 'win32') {
    throw new AppError(
      'USAGE',
      'Windows has no pseudo terminals that look like serial ports: --uart needs Linux or macOS.',
    )
  }
  const pty = (await import('@lydell/node-pty')) as unknown as { open(options: { encoding: null }): OpenPair }
  return pty.open({ encoding: null })
}

/** Puts the link where nothing is, or in place of one that leads nowhere. Throws UART_LINK_TAKEN. */
async function placeLink(target: string, link: string): Promise<void> {
  const there = await lstat(link).catch(() => null)
  const stale = there?.isSymbolicLink() === true && (await lstat(await readlink(link)).catch(() => null)) === null
  if (stale) await unlink(link)
  await symlink(target, link).catch((error: unknown) => {
    throw new AppError('UART_LINK_TAKEN', `${link} can't be made: ${(error as Error).message}.`, { cause: error })
  })
}

/** `receive` gets what clients write, and at which rate, null where the system does not tell. Throws UART_LINK_TAKEN, USAGE on Windows. */
export async function servePty(
  link: string,
  receive: (bytes: Uint8Array, baud: number | null) => void,
): Promise<PtyServer> {
  const { ptsName: path, fd, master, slave } = await openPair()
  const line = await holdSerialLine(path)
  slave.destroy() // node-pty would read what is meant for clients
  let waiting: Buffer<ArrayBufferLike> = Buffer.alloc(0)
  let writing = false
  let closed = false
  const end = async () => {
    closed = true
    await line.letGo()
    master.destroy()
  }
  // In order, each way: asking for the rate takes a moment.
  let arriving = Promise.resolve()
  let leaving = Promise.resolve()
  master.on('data', (bytes: Buffer) => {
    arriving = arriving.then(async () => receive(new Uint8Array(bytes), await line.baud()))
  })
  master.on('error', () => undefined) // it ends by our own close alone

  const flush = () => {
    if (writing || closed || waiting.length === 0) return
    writing = true
    write(fd, waiting, 0, waiting.length, null, (error, count) => {
      writing = false
      // A full terminal says EAGAIN: its reader is slow, or there is none.
      if (error !== null) setTimeout(flush, RETRY_MS).unref()
      else {
        waiting = waiting.subarray(count)
        flush()
      }
    })
  }

  await placeLink(path, link).catch(async (error: unknown) => {
    await end()
    throw error
  })
  return {
    path,
    send(bytes, baud) {
      leaving = leaving.then(async () => {
        const clients = await line.baud()
        if (closed || waiting.length + bytes.length > MOST_WAITING) return
        const understood = clients === null || sameRate(clients, baud)
        waiting = Buffer.concat([waiting, understood ? bytes : new Uint8Array(bytes.length)])
        flush()
      })
    },
    async close() {
      if ((await readlink(link).catch(() => null)) === path) await unlink(link)
      await end()
    },
  }
}
