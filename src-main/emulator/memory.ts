// The chip's memories in one buffer, with page maps from bus addresses to offsets in it. A page map's entry is
// the buffer offset of a 16 KB page, or UNMAPPED: `map[address >>> 14] | (address & 0x3fff)` is then negative
// exactly where the slow path must look, and its low bits tell the alignment, so that one AND tests both.
//
// The buffer is a WebAssembly memory, which translated code shares (translate/): behind the chip's memories lie the
// page maps, the decoded instructions, the core's registers and what is kept of the time that memory takes.

import { AppError } from '../base/errors.ts'
import { hexAddr } from '../base/units.ts'

export const PAGE_BITS = 14
export const PAGE_SIZE = 1 << PAGE_BITS
const PAGE_MASK = PAGE_SIZE - 1
const PAGES = 2 ** (32 - PAGE_BITS)
const UNMAPPED = 0x80000000 | 0
const WASM_PAGE = 0x10000

/** The core's state as translated code sees it: word indices in `Memory.state`. */
export const STATE = {
  R: 0,
  S: 16,
  FPSCR: 48,
  /** valid while translated code runs: the interpreter's locals of these names */
  N: 49,
  Z: 50,
  C: 51,
  V: 52,
  BASE: 53,
  /** 1 when floating-point instructions may run at once */
  FP: 54,
  /** set when something saturated */
  Q: 55,
  /** cycles left of the budget, instructions executed */
  LEFT: 56,
  COUNT: 57,
  /** lines in use (memory-timing.ts) */
  LINE: 58,
  DATA_LINE: 59,
} as const
export const STATE_WORDS = 64
/** Room for what a MemoryTiming keeps. */
export const TIMING_WORDS = 1 << 15

export interface MemoryBlock {
  name: string
  start: number
  size: number
  /** another address at which the same bytes appear */
  alias?: number
  writable: boolean
  executable: boolean
}

export class Memory {
  readonly u8: Uint8Array
  readonly s8: Int8Array
  readonly u16: Uint16Array
  readonly s16: Int16Array
  readonly s32: Int32Array
  readonly wasm: WebAssembly.Memory
  /** byte addresses in the WebAssembly memory of what translated code looks at */
  readonly at: { loads: number; stores: number; fetches: number; words: number; state: number; timing: number }
  /** decoded instructions, a word for each halfword (code-cache.ts) */
  readonly words: Int32Array
  /** STATE */
  readonly state: Int32Array
  /** for a MemoryTiming */
  readonly timing: Int32Array
  /** where loads may go without asking */
  readonly loads: Int32Array
  /** where stores may go without a look at the code cache */
  readonly stores: Int32Array
  /** where instructions may come from */
  readonly fetches: Int32Array
  /** every page there is, at all its addresses */
  readonly pages: readonly number[]
  /** the memories themselves, whatever an MPU or a debugger has to say */
  readonly #readable = new Int32Array(PAGES).fill(UNMAPPED)
  readonly #writable = new Int32Array(PAGES).fill(UNMAPPED)
  readonly #executable = new Int32Array(PAGES).fill(UNMAPPED)
  /** the same with what is hidden */
  readonly #existing: Int32Array
  readonly #runnable: Int32Array
  /** where every page is, with its clock or without */
  readonly #places: Int32Array
  readonly #changeable: Int32Array
  /** counts what was hidden and shown: the access maps are made anew then */
  version = 0
  /** pages whose bytes the code cache has decoded */
  readonly #decoded = new Set<number>()

  constructor(blocks: readonly MemoryBlock[]) {
    let size = 0
    const offsets = blocks.map((block) => {
      if (block.size % PAGE_SIZE !== 0 || block.start % PAGE_SIZE !== 0) {
        throw new AppError('INTERNAL', `Memory ${block.name} at ${hexAddr(block.start)} is not made of 16 KB pages.`)
      }
      const offset = size
      // A guard page behind each block: code that runs off its end must not run into the next one.
      size += block.size + PAGE_SIZE
      return offset
    })
    const loads = size
    const stores = loads + 4 * PAGES
    const fetches = stores + 4 * PAGES
    const words = fetches + 4 * PAGES
    const state = words + 2 * size
    const timing = state + 4 * STATE_WORDS
    this.at = { loads, stores, fetches, words, state, timing }
    const wasmPages = Math.ceil((timing + 4 * TIMING_WORDS) / WASM_PAGE)
    this.wasm = new WebAssembly.Memory({ initial: wasmPages, maximum: wasmPages })
    const { buffer } = this.wasm
    this.u8 = new Uint8Array(buffer, 0, size)
    this.s8 = new Int8Array(buffer, 0, size)
    this.u16 = new Uint16Array(buffer, 0, size >> 1)
    this.s16 = new Int16Array(buffer, 0, size >> 1)
    this.s32 = new Int32Array(buffer, 0, size >> 2)
    this.loads = new Int32Array(buffer, loads, PAGES).fill(UNMAPPED)
    this.stores = new Int32Array(buffer, stores, PAGES).fill(UNMAPPED)
    this.fetches = new Int32Array(buffer, fetches, PAGES).fill(UNMAPPED)
    this.words = new Int32Array(buffer, words, size >> 1)
    this.state = new Int32Array(buffer, state, STATE_WORDS)
    this.timing = new Int32Array(buffer, timing, TIMING_WORDS)
    const pages: number[] = []
    blocks.forEach((block, index) => {
      for (const start of block.alias === undefined ? [block.start] : [block.start, block.alias]) {
        for (let at = 0; at < block.size; at += PAGE_SIZE) {
          const page = (start + at) >>> PAGE_BITS
          const offset = offsets[index]! + at
          pages.push(page)
          this.loads[page] = this.#readable[page] = offset
          if (block.writable) this.stores[page] = this.#writable[page] = offset
          if (block.executable) this.fetches[page] = this.#executable[page] = offset
        }
      }
    })
    this.pages = pages
    this.#existing = this.#readable.slice()
    this.#runnable = this.#executable.slice()
    this.#places = this.#readable.slice()
    this.#changeable = this.#writable.slice()
  }

  /**
   * Takes the pages around these bytes off the fast ways, for a flash controller that has a say in each read (or, with
   * `fetches`, lets nothing be executed either); or brings them back. Offsets are in the buffer.
   */
  hide(offset: number, length: number, { reads, fetches }: { reads: boolean; fetches: boolean }): void {
    for (const page of this.pages) {
      const at = this.#existing[page]!
      if (at + PAGE_SIZE <= offset || at >= offset + length) continue
      this.#readable[page] = reads ? UNMAPPED : at
      this.#executable[page] = fetches ? UNMAPPED : this.#runnable[page]!
      if (reads) this.loads[page] = UNMAPPED
      if (fetches) this.fetches[page] = UNMAPPED
    }
    this.version++
  }

  /** Takes a memory off the bus, as without its clock, or brings it back; what it holds stays. `start`: its address. */
  connect(start: number, size: number, connected: boolean): void {
    for (let address = start; address < start + size; address += PAGE_SIZE) {
      const page = address >>> PAGE_BITS
      this.#existing[page] = this.#readable[page] = connected ? this.#places[page]! : UNMAPPED
      this.#writable[page] = connected ? this.#changeable[page]! : UNMAPPED
      this.#executable[page] = connected ? this.#runnable[page]! : UNMAPPED
      this.loads[page] = this.stores[page] = this.fetches[page] = UNMAPPED
    }
    this.version++
  }

  /** Buffer offset of an address, whether or not the memory there is on the bus. */
  placeOf(address: number): number {
    return this.#places[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  /** As `offsetOf`, hidden or not. */
  existingOffset(address: number): number {
    return this.#existing[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  /** Sets what may be done in a page without asking; what the memory itself can't do stays impossible. */
  restrict(page: number, may: { loads: boolean; stores: boolean; fetches: boolean }): void {
    this.loads[page] = may.loads ? this.#readable[page]! : UNMAPPED
    this.stores[page] = may.stores && !this.#decoded.has(page) ? this.#writable[page]! : UNMAPPED
    this.fetches[page] = may.fetches ? this.#executable[page]! : UNMAPPED
  }

  /** Buffer offset of a readable address, negative when there is no memory. */
  offsetOf(address: number): number {
    return this.#readable[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  /** As `offsetOf`, negative too where a load has to ask first. */
  loadOffset(address: number): number {
    return this.loads[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  fetchOffset(address: number): number {
    return this.#executable[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  writableOffset(address: number): number {
    return this.#writable[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  /** From now on stores to this page take the slow path, which keeps the code cache true. */
  watchStores(address: number): void {
    this.#decoded.add(address >>> PAGE_BITS)
    this.stores[address >>> PAGE_BITS] = UNMAPPED
  }

  /** Undoes watchStores, when nothing decoded is left of the page. */
  unwatchStores(address: number): void {
    const page = address >>> PAGE_BITS
    this.#decoded.delete(page)
    this.stores[page] = this.#writable[page]!
  }

  /** Little-endian read of 1, 2 or 4 bytes at a buffer offset of any alignment, as a signed 32-bit word. */
  get(offset: number, size: number): number {
    const u8 = this.u8
    if (size === 4) return u8[offset]! | (u8[offset + 1]! << 8) | (u8[offset + 2]! << 16) | (u8[offset + 3]! << 24)
    if (size === 2) return u8[offset]! | (u8[offset + 1]! << 8)
    return u8[offset]!
  }

  set(offset: number, size: number, value: number): void {
    for (let i = 0; i < size; i++) this.u8[offset + i] = value >>> (8 * i)
  }
}
