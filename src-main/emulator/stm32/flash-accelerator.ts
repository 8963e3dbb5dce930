// What the STM32F4's flash and its accelerator (ART) cost: wait states, a cache of instruction lines, prefetch of the
// next line, and a cache of data lines. What it knows lies in the memory that translated code shares; the same in
// WebAssembly is in flash-accelerator-code.ts, and a test compares the two.
// Source: RM0090 (STM32F405/407), 3.5 and 3.9.1; docs/timing.md says what is left out.

import { STATE, type Memory } from '../memory.ts'
import { forgetLines, NO_LINE, type MemoryTiming, type MostWaits, type TimingFunctions } from '../memory-timing.ts'
import { compileFetch, compileLoad } from './flash-accelerator-code.ts'
import { FLASH_STATE, LINE_BITS, LINE_HALFWORDS, LineCache } from './flash-line-cache.ts'

/** FLASH_ACR. */
const ACR = { LATENCY: 7, PRFTEN: 1 << 8, ICEN: 1 << 9, DCEN: 1 << 10, ICRST: 1 << 11, DCRST: 1 << 12 } as const

/** Sizes of the caches, as BoardData has them. */
export interface Accelerator {
  instructionLines: number
  dataLines: number
}

/** Where the caches lie in Memory.timing, behind FLASH_STATE. */
const INSTRUCTION_CACHE = 4

export class FlashTiming implements MemoryTiming {
  readonly lineBits = LINE_BITS
  readonly loadsEnd: number
  readonly storesEnd = 0
  readonly #memory: Memory
  readonly #state: Int32Array
  readonly #words: Int32Array
  readonly #instructions: LineCache
  readonly #data: LineCache
  #functions: TimingFunctions | undefined

  /** `size`: bytes of flash, which lies at the start of the memory's buffer. */
  constructor(memory: Memory, size: number, { instructionLines, dataLines }: Accelerator) {
    this.loadsEnd = size
    this.#memory = memory
    this.#state = memory.state
    this.#words = memory.timing
    this.#instructions = new LineCache(memory, INSTRUCTION_CACHE, size, instructionLines)
    this.#data = new LineCache(memory, this.#instructions.end, size, dataLines)
    forgetLines(this.#state)
  }

  /** Wait states of a line that has to be read: FLASH_ACR.LATENCY. */
  get waitStates(): number {
    return this.#words[FLASH_STATE.WAIT_STATES]!
  }

  get most(): MostWaits {
    return { fetch: this.waitStates, load: this.waitStates, store: 0 }
  }

  get functions(): TimingFunctions {
    const flash = { memory: this.#memory, size: this.loadsEnd }
    this.#functions ??= {
      fetch: compileFetch({ ...flash, cache: this.#instructions }),
      load: compileLoad({ ...flash, cache: this.#data }),
      store: () => 0,
    }
    return this.#functions
  }

  /** Takes what was written to FLASH_ACR. */
  configure(acr: number): void {
    this.#words[FLASH_STATE.WAIT_STATES] = acr & ACR.LATENCY
    this.#words[FLASH_STATE.PREFETCH] = (acr & ACR.PRFTEN) === 0 ? 0 : 1
    this.#instructions.enabled = (acr & ACR.ICEN) !== 0
    this.#data.enabled = (acr & ACR.DCEN) !== 0
    // The manual asks for a reset before a cache is enabled again, so that what is left in it can't matter.
    if ((acr & ACR.ICRST) !== 0 || !this.#instructions.enabled) this.#instructions.clear()
    if ((acr & ACR.DCRST) !== 0 || !this.#data.enabled) this.#data.clear()
    forgetLines(this.#state)
  }

  fetch(index: number): number {
    const state = this.#state
    const words = this.#words
    const line = index >> (LINE_BITS - 1)
    const before = state[STATE.LINE]!
    if (line === before) return 0
    if (index << 1 >= this.loadsEnd) {
      state[STATE.LINE] = NO_LINE
      return 0
    }
    const entryBefore = words[FLASH_STATE.ENTRY]!
    state[STATE.LINE] = line
    words[FLASH_STATE.ENTRY] = index & (LINE_HALFWORDS - 1)
    if (this.#instructions.holds(line)) return 0
    if (line === before + 1 && words[FLASH_STATE.PREFETCH] !== 0) {
      // Its reading began when the line before it was entered, and went on for about a cycle each halfword of that.
      const left = this.waitStates + 1 - (LINE_HALFWORDS - entryBefore)
      return left > 0 ? left : 0
    }
    this.#instructions.insert(line)
    return this.waitStates
  }

  load(offset: number): number {
    const line = offset >> LINE_BITS
    if (line === this.#state[STATE.DATA_LINE]) return 0
    this.#state[STATE.DATA_LINE] = this.#data.enabled ? line : NO_LINE
    if (this.#data.holds(line)) return 0
    this.#data.insert(line)
    return this.waitStates
  }

  store(): number {
    return 0
  }
}
