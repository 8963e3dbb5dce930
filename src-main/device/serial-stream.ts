// A serial port as a byte stream: 8 data bits, no parity, one stop bit, no flow control, as firmware/port/common/usart.c
// sets the USART. The port is locked while it is open: two programs would take each other's answers.

import { access, constants, realpath } from 'node:fs/promises'
import { SerialPort } from 'serialport'
import { AppError } from '../base/errors.ts'
import type { ByteStream } from './byte-stream.ts'
import { findFileHolders, findLockHolder, type FileHolder } from './file-holder.ts'
import { BASE_BAUD } from './link-protocol.ts'
import { openDuplexStream } from './stream-link.ts'

/** What an operating system says about a port that another program has locked. */
const LOCKED = /cannot lock|busy|access denied/i
/** Pseudo terminals of Linux (pts(4)) and of macOS (pty(4)). A program stands at the other end, not a chip. */
const PSEUDO = /^\/dev\/(pts\/|ttys\d)/

/** The file that a path leads to; on Windows a port is no file. */
const resolved = (path: string) => realpath(path).catch(() => path)

export const isPseudoTerminal = async (path: string) => PSEUDO.test(await resolved(path))

/** Whether this user may open the port. Rejects when there is none. On Windows only opening it tells. */
export async function mayOpen(path: string): Promise<boolean> {
  if (process.platform === 'win32') return true
  try {
    await access(path, constants.R_OK | constants.W_OK)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EACCES' || code === 'EPERM') return false
    throw error
  }
}

/** Who has the port open, as far as that shows. A pseudo terminal is open in the program at its other end as well. */
export async function findPortHolder(path: string): Promise<FileHolder | undefined> {
  const file = await resolved(path)
  const holder = await findLockHolder(file)
  return holder ?? (PSEUDO.test(file) ? undefined : (await findFileHolders([file])).get(file))
}

const inUse = (path: string, holder: FileHolder | undefined, cause?: Error) => {
  const by = holder === undefined ? 'another program' : `${holder.name} (process ${holder.pid})`
  return new AppError('SERIAL_IN_USE', `${path} is open in ${by}.`, { cause })
}

/** What the system says about the port before it is opened. */
async function checkPort(path: string): Promise<void> {
  const allowed = await mayOpen(path).catch((cause: unknown) => {
    throw new AppError('SERIAL_UNKNOWN', `There is no serial port ${path}.`, { cause })
  })
  if (!allowed) throw new AppError('SERIAL_PERMISSION', `The system does not let you use ${path}.`)
  const holder = await findPortHolder(path)
  if (holder !== undefined) throw inUse(path, holder)
}

const setBaud = (port: SerialPort, path: string, baudRate: number) =>
  new Promise<void>((resolve, reject) => {
    const fail = (cause: Error) =>
      reject(
        port.isOpen
          ? new AppError('SERIAL_FAILED', `${path} can't run at ${baudRate} baud: ${cause.message}.`, { cause })
          : new AppError('BOARD_GONE', `${path} is gone: ${cause.message}.`, { cause }),
      )
    port.drain((undrained) => {
      if (undrained) return fail(undrained)
      port.update({ baudRate }, (refused) => (refused ? fail(refused) : resolve()))
    })
  })

/**
 * Opens the port at BASE_BAUD. Throws SERIAL_UNKNOWN, SERIAL_PERMISSION, SERIAL_IN_USE, SERIAL_FAILED. Whoever opens it
 * closes it.
 */
export async function openSerialStream(path: string): Promise<ByteStream> {
  await checkPort(path)
  const port = new SerialPort({ path, baudRate: BASE_BAUD, lock: true, autoOpen: false })
  const failed = await new Promise<Error | null>((resolve) => port.open(resolve))
  if (failed !== null) {
    if (LOCKED.test(failed.message)) throw inUse(path, await findPortHolder(path), failed)
    throw new AppError('SERIAL_FAILED', `${path} can't be opened: ${failed.message}.`, { cause: failed })
  }
  return {
    ...openDuplexStream(port, path),
    serial: { setBaud: (baud) => setBaud(port, path, baud) },
    close: () => new Promise((resolve) => (port.isOpen ? port.close(() => resolve()) : resolve())),
  }
}

/** What `serialport` opens ports with, as far as it is used here; its own types can't be resolved. */
interface Binding {
  open(options: { path: string; baudRate: number; lock: boolean; hupcl: boolean }): Promise<{
    /** Linux alone */
    getBaudRate?: () => Promise<{ baudRate: number }>
    close(): Promise<void>
  }>
}

export interface HeldLine {
  /** what its other side has set; null where the system does not tell */
  baud(): Promise<number | null>
  letGo(): Promise<void>
}

/**
 * Keeps a line open and raw, no echo and no translation, without reading or locking it: a pseudo terminal then stays
 * the same whoever comes and goes.
 */
export async function holdSerialLine(path: string): Promise<HeldLine> {
  const binding = SerialPort.binding as unknown as Binding
  const port = await binding.open({ path, baudRate: BASE_BAUD, lock: false, hupcl: false })
  return {
    baud: async () => (await port.getBaudRate?.().catch(() => null))?.baudRate ?? null,
    letGo: () => port.close(),
  }
}
