// What the STM32F4's flash and its accelerator (ART) cost: wait states, a cache of instruction lines, prefetch of the
// next line, and a cache of data lines.
// Source: RM0090 (STM32F405/407), 3.5 and 3.9.1; docs/timing.md says what is left out.

import { STATE, type Memory } from '../memory.ts'
import { forgetLines, NO_LINE, type MemoryTiming, type MostWaits } from '../memory-timing.ts'

/** FLASH_ACR. */
const ACR = { LATENCY: 7, PRFTEN: 1 << 8, ICEN: 1 << 9, DCEN: 1 << 10, ICRST: 1 << 11, DCRST: 1 << 12 } as const

/** Sizes of the caches, as BoardData has them. */
export interface Accelerator {
  instructionLines: number
  dataLines: number
}

const LINE_BITS = 4
/** Halfwords in a line: the code cache counts in these. */
const LINE_HALFWORDS = 8

/** The lines of a fully associative cache; the one used longest ago makes room. */
class LineCache {
  enabled = false
  /** by line: the slot that holds it, plus one; 0 for none */
  readonly #slotOf: Uint8Array
  readonly #lines: Int32Array
  readonly #usedAt: Int32Array
  #clock = 0

  constructor(flashSize: number, slots: number) {
    this.#slotOf = new Uint8Array(flashSize >> LINE_BITS)
    this.#lines = new Int32Array(slots).fill(NO_LINE)
    this.#usedAt = new Int32Array(slots)
  }

  clear(): void {
    for (const line of this.#lines) if (line >= 0) this.#slotOf[line] = 0
    this.#lines.fill(NO_LINE)
  }

  /** Whether the line is there. */
  holds(line: number): boolean {
    const slot = this.#slotOf[line]!
    if (slot === 0 || !this.enabled) return false
    this.#clock = (this.#clock + 1) | 0
    this.#usedAt[slot - 1] = this.#clock
    return true
  }

  insert(line: number): void {
    if (!this.enabled) return
    this.#clock = (this.#clock + 1) | 0
    let oldest = 0
    for (let slot = 1; slot < this.#lines.length; slot++) {
      // By difference, so that the clock may wrap.
      if (((this.#usedAt[slot]! - this.#usedAt[oldest]!) | 0) < 0) oldest = slot
    }
    const evicted = this.#lines[oldest]!
    if (evicted >= 0) this.#slotOf[evicted] = 0
    this.#lines[oldest] = line
    this.#usedAt[oldest] = this.#clock
    this.#slotOf[line] = oldest + 1
  }
}

export class FlashTiming implements MemoryTiming {
  readonly lineBits = LINE_BITS
  readonly loadsEnd: number
  readonly storesEnd = 0
  /** wait states of a line that has to be read: FLASH_ACR.LATENCY */
  waitStates = 0
  #prefetch = false
  /** where in the line in use execution began */
  #entry = 0
  readonly #state: Int32Array
  readonly #instructions: LineCache
  readonly #data: LineCache

  /** `size`: bytes of flash, which lies at the start of the memory's buffer. */
  constructor(memory: Memory, size: number, { instructionLines, dataLines }: Accelerator) {
    this.loadsEnd = size
    this.#state = memory.state
    this.#instructions = new LineCache(size, instructionLines)
    this.#data = new LineCache(size, dataLines)
    forgetLines(this.#state)
  }

  get most(): MostWaits {
    return { fetch: this.waitStates, load: this.waitStates, store: 0 }
  }

  /** Takes what was written to FLASH_ACR. */
  configure(acr: number): void {
    this.waitStates = acr & ACR.LATENCY
    this.#prefetch = (acr & ACR.PRFTEN) !== 0
    this.#instructions.enabled = (acr & ACR.ICEN) !== 0
    this.#data.enabled = (acr & ACR.DCEN) !== 0
    // The manual asks for a reset before a cache is enabled again, so that what is left in it can't matter.
    if ((acr & ACR.ICRST) !== 0 || !this.#instructions.enabled) this.#instructions.clear()
    if ((acr & ACR.DCRST) !== 0 || !this.#data.enabled) this.#data.clear()
    forgetLines(this.#state)
  }

  fetch(index: number): number {
    const line = index >> (LINE_BITS - 1)
    const before = this.#state[STATE.LINE]!
    if (line === before) return 0
    if (index << 1 >= this.loadsEnd) {
      this.#state[STATE.LINE] = NO_LINE
      return 0
    }
    const entryBefore = this.#entry
    this.#state[STATE.LINE] = line
    this.#entry = index & (LINE_HALFWORDS - 1)
    if (this.#instructions.holds(line)) return 0
    if (line === before + 1 && this.#prefetch) {
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
