// Semihosting: BKPT 0xAB with an operation in r0 and its argument in r1. Files are the console only (":tt").
// Source: ARM, "Semihosting for AArch32 and AArch64", release 2.0.

import type { Clock } from '../base/clock.ts'
import { BusFault } from './core/faults.ts'
import type { Machine } from './machine.ts'

const OPERATION = {
  OPEN: 0x01,
  CLOSE: 0x02,
  WRITEC: 0x03,
  WRITE0: 0x04,
  WRITE: 0x05,
  READ: 0x06,
  READC: 0x07,
  ISERROR: 0x08,
  ISTTY: 0x09,
  SEEK: 0x0a,
  FLEN: 0x0c,
  REMOVE: 0x0e,
  RENAME: 0x0f,
  CLOCK: 0x10,
  TIME: 0x11,
  SYSTEM: 0x12,
  ERRNO: 0x13,
  GET_CMDLINE: 0x15,
  HEAPINFO: 0x16,
  EXIT: 0x18,
  EXIT_EXTENDED: 0x20,
  ELAPSED: 0x30,
  TICKFREQ: 0x31,
} as const

/** ADP_Stopped_ApplicationExit: any other reason is a failure. */
const APPLICATION_EXIT = 0x20026
const ENOENT = 2
const EBADF = 9
/** SYS_OPEN modes 4 to 7 write the console, 8 to 11 append to it, which means its error stream. */
const FIRST_WRITE_MODE = 4
const FIRST_APPEND_MODE = 8

/** A host says what it can do through a file: the magic SHFB, then bit 0 EXIT_EXTENDED, bit 1 stdout and stderr apart. */
const FEATURES_NAME = ':semihosting-features'
const FEATURES = Uint8Array.of(0x53, 0x48, 0x46, 0x42, 0b11)

export type OutputStream = 'stdout' | 'stderr'

/** What a handle stands for: one side of the console, or the features file and the position in it. */
type OpenFile = OutputStream | 'stdin' | { position: number }

export interface Heap {
  base: number
  limit: number
}

export interface SemihostingOptions {
  heap: Heap
  clock: Clock
  onOutput: (text: Uint8Array, stream: OutputStream) => void
  onExit: (code: number) => void
}

type Call = (argument: number) => number

export class Semihosting {
  readonly #machine: Machine
  readonly #options: SemihostingOptions
  /** by handle - 1; undefined once closed */
  readonly #handles: (OpenFile | undefined)[] = []
  #errno = 0
  readonly #calls: ReadonlyMap<number, Call>

  constructor(machine: Machine, options: SemihostingOptions) {
    this.#machine = machine
    this.#options = options
    this.#calls = this.#table()
  }

  /** Serves one call. False when the operation is unknown. */
  handle(): boolean {
    const { core } = this.#machine
    const call = this.#calls.get(core.r[0]! >>> 0)
    if (call === undefined) return false
    try {
      core.r[0] = call(core.r[1]! >>> 0)
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      core.r[0] = -1
    }
    return true
  }

  #table(): Map<number, Call> {
    const { core } = this.#machine
    const { clock, onOutput } = this.#options
    const word = (block: number, index: number) => this.#word(block + 4 * index)
    return new Map<number, Call>([
      [OPERATION.OPEN, (block) => this.#open(this.#text(word(block, 0), word(block, 2)), word(block, 1))],
      [OPERATION.CLOSE, (block) => this.#withHandle(word(block, 0), (_file, index) => this.#close(index))],
      [OPERATION.WRITEC, (at) => (onOutput(this.#bytes(at, 1), 'stdout'), core.r[0]!)],
      [OPERATION.WRITE0, (at) => (onOutput(this.#zeroTerminated(at), 'stdout'), core.r[0]!)],
      [OPERATION.WRITE, (block) => this.#write(word(block, 0), word(block, 1), word(block, 2))],
      [OPERATION.READ, (block) => this.#read(word(block, 0), word(block, 1), word(block, 2))],
      [OPERATION.READC, () => -1],
      [OPERATION.ISERROR, (block) => ((word(block, 0) | 0) < 0 ? 1 : 0)],
      [OPERATION.ISTTY, (block) => this.#withHandle(word(block, 0), (file) => (typeof file === 'string' ? 1 : 0))],
      [OPERATION.SEEK, (block) => this.#withHandle(word(block, 0), (file) => seek(file, word(block, 1)))],
      [
        OPERATION.FLEN,
        (block) => this.#withHandle(word(block, 0), (file) => (typeof file === 'string' ? 0 : FEATURES.length)),
      ],
      [OPERATION.REMOVE, () => this.#failed(ENOENT)],
      [OPERATION.RENAME, () => this.#failed(ENOENT)],
      [OPERATION.SYSTEM, () => this.#failed(ENOENT)],
      [OPERATION.CLOCK, () => Math.floor((core.cycles / this.#machine.data.clock) * 100)],
      [OPERATION.TIME, () => Math.floor(clock.now().getTime() / 1000)],
      [OPERATION.ERRNO, () => this.#errno],
      [OPERATION.GET_CMDLINE, (block) => this.#commandLine(block)],
      [OPERATION.HEAPINFO, (block) => this.#heapInfo(block)],
      [OPERATION.EXIT, (reason) => this.#exit(reason === APPLICATION_EXIT ? 0 : 1)],
      [OPERATION.EXIT_EXTENDED, (block) => this.#exit(word(block, 0) === APPLICATION_EXIT ? word(block, 1) | 0 : 1)],
      [OPERATION.ELAPSED, (block) => this.#elapsed(block)],
      [OPERATION.TICKFREQ, () => this.#machine.data.clock],
    ])
  }

  #word(address: number): number {
    return this.#machine.bus.read(address >>> 0, 4) >>> 0
  }

  #bytes(address: number, length: number): Uint8Array {
    const { memory } = this.#machine
    const offset = memory.offsetOf(address)
    const last = memory.offsetOf(address + length - 1)
    if (length > 0 && (offset < 0 || last !== offset + length - 1)) throw new BusFault(address)
    return memory.u8.slice(offset, offset + length)
  }

  #zeroTerminated(address: number): Uint8Array {
    const { bus } = this.#machine
    let length = 0
    while (bus.read((address + length) >>> 0, 1) !== 0) length++
    return this.#bytes(address, length)
  }

  #text(address: number, length: number): string {
    return new TextDecoder().decode(this.#bytes(address, length))
  }

  #failed(errno: number): number {
    this.#errno = errno
    return -1
  }

  #open(name: string, mode: number): number {
    if (name === FEATURES_NAME && mode < FIRST_WRITE_MODE) return this.#handles.push({ position: 0 })
    if (name !== ':tt') return this.#failed(ENOENT)
    const stream = mode < FIRST_WRITE_MODE ? 'stdin' : mode < FIRST_APPEND_MODE ? 'stdout' : 'stderr'
    return this.#handles.push(stream)
  }

  #withHandle(handle: number, use: (file: OpenFile, index: number) => number): number {
    const file = this.#handles[handle - 1]
    return file === undefined ? this.#failed(EBADF) : use(file, handle - 1)
  }

  #close(index: number): number {
    this.#handles[index] = undefined
    return 0
  }

  /** Returns how many bytes were NOT read: of the console all of them, as there is no input. */
  #read(handle: number, address: number, length: number): number {
    const file = this.#handles[handle - 1]
    if (file === undefined || typeof file === 'string') return length
    const bytes = FEATURES.subarray(file.position, file.position + length)
    bytes.forEach((byte, index) => this.#machine.bus.write((address + index) >>> 0, 1, byte))
    file.position += bytes.length
    return length - bytes.length
  }

  /** Returns how many bytes were NOT written. */
  #write(handle: number, address: number, length: number): number {
    const stream = this.#handles[handle - 1]
    if (stream !== 'stdout' && stream !== 'stderr') {
      this.#errno = EBADF
      return length
    }
    this.#options.onOutput(this.#bytes(address, length), stream)
    return 0
  }

  /** An empty command line, when its buffer holds the terminating zero. */
  #commandLine(block: number): number {
    const { bus } = this.#machine
    if (this.#word(block + 4) < 1) return -1
    bus.write(this.#word(block), 1, 0)
    bus.write((block + 4) >>> 0, 4, 0)
    return 0
  }

  #heapInfo(block: number): number {
    const { heap } = this.#options
    const target = this.#word(block)
    const words = [heap.base, heap.limit, heap.limit, heap.base]
    words.forEach((word, index) => this.#machine.bus.write((target + 4 * index) >>> 0, 4, word | 0))
    return 0
  }

  #elapsed(block: number): number {
    const { core, bus } = this.#machine
    bus.write(block, 4, (core.cycles % 2 ** 32) | 0)
    bus.write((block + 4) >>> 0, 4, Math.floor(core.cycles / 2 ** 32))
    return 0
  }

  #exit(code: number): number {
    this.#machine.stopRequested = true
    this.#machine.core.attention = true
    this.#options.onExit(code)
    return 0
  }
}

function seek(file: OpenFile, position: number): number {
  if (typeof file === 'string' || position > FEATURES.length) return -1
  file.position = position
  return 0
}
