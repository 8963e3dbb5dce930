// FPB: instruction comparators that stop the core. Version 1 (Cortex-M4) reaches code memory and says which halfword of
// a word it means, version 2 (Cortex-M7) takes any address. Remapping is not modelled.
// Source: ARM DDI 0403E (Armv7-M ARM), C1.11.

import type { Peripheral } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import type { Memory } from '../memory.ts'
import type { Processor } from './processors.ts'

const OFFSETS = { CTRL: 0x00, COMP0: 0x08 } as const
const KEY = 2
const ENABLE = 1
/** REPLACE, bits 31:30: which halfword of the word stops. */
const LOWER = 1
const UPPER = 2

export class BreakpointUnit implements Peripheral {
  #enabled = false
  readonly #comparators: Int32Array
  readonly #version: 1 | 2
  readonly #code: CodeCache
  readonly #memory: Memory

  constructor(memory: Memory, code: CodeCache, { version, count }: Processor['breakpoints']) {
    this.#version = version
    this.#comparators = new Int32Array(count)
    this.#memory = memory
    this.#code = code
  }

  read(offset: number): number {
    if (offset === OFFSETS.CTRL) return this.#identification | (this.#enabled ? ENABLE : 0)
    return this.#comparators[(offset - OFFSETS.COMP0) >>> 2] ?? 0
  }

  write(offset: number, value: number): void {
    if (offset === OFFSETS.CTRL) {
      if ((value & KEY) === 0) return
      this.#enabled = (value & ENABLE) !== 0
    } else {
      const index = (offset - OFFSETS.COMP0) >>> 2
      if (index < 0 || index >= this.#comparators.length) return
      this.#comparators[index] = this.#version === 1 ? value & 0xdffffffd : value
    }
    this.#apply()
  }

  /** Literal comparators are those that version 1 has beyond the instructions'; version 2 has none. */
  get #identification(): number {
    const count = this.#comparators.length
    return this.#version === 1 ? (count << 4) | (2 << 8) : (count << 4) | (1 << 28)
  }

  #apply(): void {
    const before = [...this.#code.breakpoints]
    this.#code.breakpoints.clear()
    if (this.#enabled) for (const word of this.#comparators) this.#add(word)
    for (const address of [...before, ...this.#code.breakpoints]) {
      const offset = this.#memory.fetchOffset(address)
      if (offset >= 0) this.#code.invalidate(offset, 2)
    }
  }

  #add(word: number): void {
    if ((word & ENABLE) === 0) return
    if (this.#version === 2) {
      this.#code.breakpoints.add((word & ~ENABLE) >>> 0)
      return
    }
    const address = word & 0x1ffffffc
    const which = word >>> 30
    if (which & LOWER) this.#code.breakpoints.add(address)
    if (which & UPPER) this.#code.breakpoints.add(address + 2)
  }
}
