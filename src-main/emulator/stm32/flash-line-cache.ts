// Where the flash accelerator keeps what it knows, in Memory.timing, and one of its caches.

import type { Memory } from '../memory.ts'
import { NO_LINE } from '../memory-timing.ts'

export const LINE_BITS = 4
/** Halfwords in a line: the code cache counts in these. */
export const LINE_HALFWORDS = 8

/** Word indices in Memory.timing. */
export const FLASH_STATE = {
  WAIT_STATES: 0,
  /** 1 where the next line is read ahead */
  PREFETCH: 1,
  /** where in the line in use execution began, in halfwords */
  ENTRY: 2,
} as const
/** The lines of a fully associative cache; the one used longest ago makes room. */
export class LineCache {
  readonly slots: number
  /** word indices in Memory.timing: 1 or 0, a count of uses, and by slot its line and when it was used */
  readonly enabledAt: number
  readonly clockAt: number
  readonly linesAt: number
  readonly usedAt: number
  /** and by line, in bytes, the slot that holds it, plus one; 0 for none */
  readonly slotOfAt: number
  /** first word behind it all */
  readonly end: number
  readonly #words: Int32Array
  readonly #slotOf: Uint8Array

  constructor(memory: Memory, at: number, flashSize: number, slots: number) {
    this.slots = slots
    this.enabledAt = at
    this.clockAt = at + 1
    this.linesAt = at + 2
    this.usedAt = this.linesAt + slots
    this.slotOfAt = this.usedAt + slots
    this.end = this.slotOfAt + (flashSize >> (LINE_BITS + 2))
    this.#words = memory.timing
    const bytes = memory.timing.subarray(this.slotOfAt, this.end)
    this.#slotOf = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#words.fill(NO_LINE, this.linesAt, this.usedAt)
  }

  get enabled(): boolean {
    return this.#words[this.enabledAt] !== 0
  }

  set enabled(enabled: boolean) {
    this.#words[this.enabledAt] = enabled ? 1 : 0
  }

  clear(): void {
    this.#slotOf.fill(0)
    this.#words.fill(NO_LINE, this.linesAt, this.usedAt)
  }

  /** Whether the line is there. */
  holds(line: number): boolean {
    const slot = this.#slotOf[line]!
    if (slot === 0) return false
    this.#words[this.usedAt + slot - 1] = this.#words[this.clockAt]! += 1
    return true
  }

  insert(line: number): void {
    const words = this.#words
    if (!this.enabled) return
    words[this.clockAt]! += 1
    let oldest = 0
    for (let slot = 1; slot < this.slots; slot++) {
      // By difference, so that the clock may wrap.
      if (((words[this.usedAt + slot]! - words[this.usedAt + oldest]!) | 0) < 0) oldest = slot
    }
    const evicted = words[this.linesAt + oldest]!
    if (evicted >= 0) this.#slotOf[evicted] = 0
    words[this.linesAt + oldest] = line
    words[this.usedAt + oldest] = words[this.clockAt]!
    this.#slotOf[line] = oldest + 1
  }
}
