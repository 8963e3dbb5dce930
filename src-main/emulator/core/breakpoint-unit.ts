// FPB, version 1: six instruction comparators that stop the core. Remapping is not modelled.
// Source: ARM DDI 0403 (Armv7-M ARM), C1.11.

import type { Peripheral } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import type { Memory } from '../memory.ts'

const OFFSETS = { CTRL: 0x00, COMP0: 0x08 } as const
const COMPARATORS = 6
const CTRL_FIXED = (COMPARATORS << 4) | (2 << 8)
const KEY = 2
const ENABLE = 1
/** REPLACE, bits 31:30: which halfword of the word stops. */
const LOWER = 1
const UPPER = 2

export class BreakpointUnit implements Peripheral {
  #enabled = false
  readonly #comparators = new Int32Array(COMPARATORS)
  readonly #code: CodeCache
  readonly #memory: Memory

  constructor(memory: Memory, code: CodeCache) {
    this.#memory = memory
    this.#code = code
  }

  read(offset: number): number {
    if (offset === OFFSETS.CTRL) return CTRL_FIXED | (this.#enabled ? ENABLE : 0)
    return this.#comparators[(offset - OFFSETS.COMP0) >>> 2] ?? 0
  }

  write(offset: number, value: number): void {
    if (offset === OFFSETS.CTRL) {
      if ((value & KEY) === 0) return
      this.#enabled = (value & ENABLE) !== 0
    } else {
      const index = (offset - OFFSETS.COMP0) >>> 2
      if (index < 0 || index >= COMPARATORS) return
      this.#comparators[index] = value & 0xdffffffd
    }
    this.#apply()
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
    const address = word & 0x1ffffffc
    const which = word >>> 30
    if (which & LOWER) this.#code.breakpoints.add(address)
    if (which & UPPER) this.#code.breakpoints.add(address + 2)
  }
}
