// What a program asks of its host with BKPT 0xAB, an operation in r0 and its argument in r1. Files are the console only
// (":tt"). The calls are coroutines that ask for the target's memory, so that an emulated core is served at once
// (semihosting.ts) and one behind a probe over its debug port (servers/gdb-semihosting.ts).
// Source: ARM, "Semihosting for AArch32 and AArch64", release 2.0.

import type { Clock } from '../base/clock.ts'

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

export interface SemihostingHost {
  /** zeros: the host does not know it, and the program takes its own */
  heap: Heap
  clock: Clock
  /** what SYS_ELAPSED counts since the program began, and how many of them make a second */
  ticks: () => number
  ticksPerSecond: number
  onOutput: (text: Uint8Array, stream: OutputStream) => void
  onExit: (code: number) => void
}

/** What a call wants of the target's memory: to read `length` bytes, or to write `bytes`. */
export type MemoryAccess = { address: number; length: number } | { address: number; bytes: Uint8Array }
/** A call at work. It is handed the bytes it reads (none for a write) and ends with what goes into r0. */
export type Call = Generator<MemoryAccess, number, Uint8Array>
type Steps<T> = Generator<MemoryAccess, T, Uint8Array>

/** A text of unknown length is read in pieces that end at multiples of this, so as not to run off the end of a memory. */
const PIECE_BYTES = 64

export class SemihostingCalls {
  readonly #host: SemihostingHost
  /** by handle - 1; undefined once closed */
  readonly #handles: (OpenFile | undefined)[] = []
  #errno = 0
  readonly #calls: ReadonlyMap<number, (argument: number) => number | Call>

  constructor(host: SemihostingHost) {
    this.#host = host
    this.#calls = this.#table()
  }

  /** Undefined: there is no such operation. */
  begin(operation: number, argument: number): Call | undefined {
    const call = this.#calls.get(operation >>> 0)
    return call === undefined ? undefined : atWork(call(argument >>> 0))
  }

  #table(): Map<number, (argument: number) => number | Call> {
    const { clock, ticks, ticksPerSecond } = this.#host
    return new Map<number, (argument: number) => number | Call>([
      [OPERATION.OPEN, (block) => this.#open(block)],
      [OPERATION.CLOSE, (block) => this.#withHandle(block, (_file, index) => this.#close(index))],
      [OPERATION.WRITEC, (at) => this.#say(bytesAt(at, 1))],
      [OPERATION.WRITE0, (at) => this.#say(zeroTerminated(at))],
      [OPERATION.WRITE, (block) => this.#write(block)],
      [OPERATION.READ, (block) => this.#read(block)],
      [OPERATION.READC, () => -1],
      [OPERATION.ISERROR, (block) => withWords(block, 1, ([status]) => ((status! | 0) < 0 ? 1 : 0))],
      [OPERATION.ISTTY, (block) => this.#withHandle(block, (file) => (typeof file === 'string' ? 1 : 0))],
      [OPERATION.SEEK, (block) => withWords(block, 2, ([handle, position]) => this.#seek(handle!, position!))],
      [OPERATION.FLEN, (block) => this.#withHandle(block, (file) => (typeof file === 'string' ? 0 : FEATURES.length))],
      [OPERATION.REMOVE, () => this.#failed(ENOENT)],
      [OPERATION.RENAME, () => this.#failed(ENOENT)],
      [OPERATION.SYSTEM, () => this.#failed(ENOENT)],
      [OPERATION.CLOCK, () => Math.floor((ticks() / ticksPerSecond) * 100)],
      [OPERATION.TIME, () => Math.floor(clock.now().getTime() / 1000)],
      [OPERATION.ERRNO, () => this.#errno],
      [OPERATION.GET_CMDLINE, (block) => commandLine(block)],
      [OPERATION.HEAPINFO, (block) => this.#heapInfo(block)],
      [OPERATION.EXIT, (reason) => this.#exit(reason === APPLICATION_EXIT ? 0 : 1)],
      [
        OPERATION.EXIT_EXTENDED,
        (block) => withWords(block, 2, ([reason, code]) => this.#exit(reason === APPLICATION_EXIT ? code! | 0 : 1)),
      ],
      [OPERATION.ELAPSED, (block) => elapsed(block, ticks())],
      [OPERATION.TICKFREQ, () => ticksPerSecond],
    ])
  }

  #failed(errno: number): number {
    this.#errno = errno
    return -1
  }

  *#open(block: number): Call {
    const [at, mode, length] = yield* wordsAt(block, 3)
    const name = new TextDecoder().decode(yield* bytesAt(at!, length!))
    if (name === FEATURES_NAME && mode! < FIRST_WRITE_MODE) return this.#handles.push({ position: 0 })
    if (name !== ':tt') return this.#failed(ENOENT)
    const stream = mode! < FIRST_WRITE_MODE ? 'stdin' : mode! < FIRST_APPEND_MODE ? 'stdout' : 'stderr'
    return this.#handles.push(stream)
  }

  *#withHandle(block: number, use: (file: OpenFile, index: number) => number): Call {
    const [handle] = yield* wordsAt(block, 1)
    const file = this.#handles[handle! - 1]
    return file === undefined ? this.#failed(EBADF) : use(file, handle! - 1)
  }

  #close(index: number): number {
    this.#handles[index] = undefined
    return 0
  }

  #seek(handle: number, position: number): number {
    const file = this.#handles[handle - 1]
    if (file === undefined) return this.#failed(EBADF)
    if (typeof file === 'string' || position > FEATURES.length) return -1
    file.position = position
    return 0
  }

  /** Returns how many bytes were NOT read: of the console all of them, as there is no input. */
  *#read(block: number): Call {
    const [handle, address, length] = yield* wordsAt(block, 3)
    const file = this.#handles[handle! - 1]
    if (file === undefined || typeof file === 'string') return length!
    const bytes = FEATURES.subarray(file.position, file.position + length!)
    yield { address: address!, bytes }
    file.position += bytes.length
    return length! - bytes.length
  }

  /** SYS_WRITEC and SYS_WRITE0, which answer nothing. */
  *#say(text: Steps<Uint8Array>): Call {
    this.#host.onOutput(yield* text, 'stdout')
    return 0
  }

  /** Returns how many bytes were NOT written. */
  *#write(block: number): Call {
    const [handle, address, length] = yield* wordsAt(block, 3)
    const stream = this.#handles[handle! - 1]
    if (stream !== 'stdout' && stream !== 'stderr') {
      this.#errno = EBADF
      return length!
    }
    this.#host.onOutput(yield* bytesAt(address!, length!), stream)
    return 0
  }

  *#heapInfo(block: number): Call {
    const { base, limit } = this.#host.heap
    const [target] = yield* wordsAt(block, 1)
    yield { address: target!, bytes: ofWords(base, limit, limit, base) }
    return 0
  }

  #exit(code: number): number {
    this.#host.onExit(code)
    return 0
  }
}

function* atWork(call: number | Call): Call {
  return typeof call === 'number' ? call : yield* call
}

function* withWords(block: number, count: number, use: (words: readonly number[]) => number): Call {
  return use(yield* wordsAt(block, count))
}

function* bytesAt(address: number, length: number): Steps<Uint8Array> {
  return length === 0 ? new Uint8Array() : yield { address, length }
}

function* wordsAt(address: number, count: number): Steps<number[]> {
  const bytes = yield* bytesAt(address, 4 * count)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: count }, (_, index) => view.getUint32(4 * index, true))
}

function* zeroTerminated(address: number): Steps<Uint8Array> {
  const text: number[] = []
  for (;;) {
    const at = address + text.length
    const piece = yield* bytesAt(at, PIECE_BYTES - (at % PIECE_BYTES))
    const end = piece.indexOf(0)
    text.push(...piece.subarray(0, end < 0 ? piece.length : end))
    if (end >= 0) return Uint8Array.from(text)
  }
}

/** An empty command line, when its buffer holds the terminating zero. */
function* commandLine(block: number): Call {
  const [buffer, size] = yield* wordsAt(block, 2)
  if (size! < 1) return -1
  yield { address: buffer!, bytes: Uint8Array.of(0) }
  yield { address: block + 4, bytes: ofWords(0) }
  return 0
}

function* elapsed(block: number, ticks: number): Call {
  yield { address: block, bytes: ofWords(ticks % 2 ** 32, Math.floor(ticks / 2 ** 32)) }
  return 0
}

function ofWords(...words: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(4 * words.length))
  words.forEach((word, index) => view.setUint32(4 * index, word, true))
  return new Uint8Array(view.buffer)
}
