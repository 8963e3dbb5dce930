// FPB: comparators that stop the core or give it other words than code memory holds. Version 1 (Cortex-M4) reaches code
// memory and says which halfword of a word it means; with none named, the word comes from a table in SRAM, one entry for
// each comparator, and its last comparators do the same for data. Version 2 (Cortex-M7) stops at any address and remaps
// nothing. Source: ARM DDI 0403E (Armv7-M ARM), C1.11.

import type { Peripheral } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import { PAGE_BITS, type Memory } from '../memory.ts'
import type { Processor } from './processors.ts'

const OFFSETS = { CTRL: 0x00, REMAP: 0x04, COMP0: 0x08 } as const
const KEY = 2
const ENABLE = 1
/** REPLACE, bits 31:30: which halfword of the word stops; neither: the word is remapped. */
const LOWER = 1
const UPPER = 2
/** COMP, bits 28:2, of a comparator of version 1, and what of it can be written. */
const COMP = 0x1ffffffc
const INSTRUCTION_WRITABLE = 0xdffffffd
const LITERAL_WRITABLE = COMP | ENABLE
/** FP_REMAP: RMPSPT, which is also what makes an address in SRAM of the table's (bits 28:5). */
const RMPSPT = 1 << 29
const TABLE = 0x1fffffe0

export class BreakpointUnit implements Peripheral {
  /** grows whenever other literals may be remapped than before */
  version = 0
  #enabled = false
  #table = 0
  /** those of instructions, then those of literals */
  readonly #comparators: Int32Array
  /** what is remapped of data: words of code memory and their places in the table */
  readonly #literals = new Map<number, number>()
  readonly #processor: Processor['breakpoints']
  readonly #code: CodeCache
  readonly #memory: Memory
  readonly #changed: () => void

  constructor(memory: Memory, code: CodeCache, processor: Processor['breakpoints'], changed: () => void) {
    this.#processor = processor
    this.#comparators = new Int32Array(processor.count + processor.literals)
    this.#memory = memory
    this.#code = code
    this.#changed = changed
  }

  read(offset: number): number {
    if (offset === OFFSETS.CTRL) return this.#identification | (this.#enabled ? ENABLE : 0)
    if (offset === OFFSETS.REMAP) return this.#processor.version === 1 ? RMPSPT | this.#table : 0
    return this.#comparators[(offset - OFFSETS.COMP0) >>> 2] ?? 0
  }

  write(offset: number, value: number): void {
    if (offset === OFFSETS.CTRL) {
      if ((value & KEY) === 0) return
      this.#enabled = (value & ENABLE) !== 0
    } else if (offset === OFFSETS.REMAP) {
      if (this.#processor.version === 1) this.#table = value & TABLE
    } else {
      const index = (offset - OFFSETS.COMP0) >>> 2
      if (index < 0 || index >= this.#comparators.length) return
      this.#comparators[index] = value & this.#writable(index)
    }
    this.#apply()
  }

  /** Whether some word of the page is remapped for loads. */
  remapsLoadsOf(page: number): boolean {
    for (const address of this.#literals.keys()) if (address >>> PAGE_BITS === page) return true
    return false
  }

  /**
   * Where a load of the running code gets its bytes from. The unit sees the reads of the data side and can't tell a
   * literal from other data in code memory; unaligned reads it lets through (ARM DDI 0337, 7.3.1).
   */
  loadAddress(address: number, size: number): number {
    if (this.#literals.size === 0 || (address & (size - 1)) !== 0) return address
    const from = this.#literals.get((address & ~3) >>> 0)
    return from === undefined ? address : from + (address & 3)
  }

  #writable(index: number): number {
    if (this.#processor.version === 2) return -1
    return index < this.#processor.count ? INSTRUCTION_WRITABLE : LITERAL_WRITABLE
  }

  get #identification(): number {
    const { version, count, literals } = this.#processor
    return (count << 4) | (literals << 8) | ((version - 1) << 28)
  }

  #apply(): void {
    const before = [...this.#code.breakpoints]
    this.#code.breakpoints.clear()
    this.#literals.clear()
    const words = new Map<number, number>()
    if (this.#enabled) this.#comparators.forEach((word, index) => this.#add(word, index, words))
    for (const address of [...before, ...this.#code.breakpoints]) {
      const offset = this.#memory.fetchOffset(address)
      if (offset >= 0) this.#code.invalidate(offset, 2)
    }
    this.#code.remap(words)
    this.version++
    this.#changed()
  }

  #add(word: number, index: number, words: Map<number, number>): void {
    if ((word & ENABLE) === 0) return
    const { version, count } = this.#processor
    if (version === 2) {
      this.#code.breakpoints.add((word & ~ENABLE) >>> 0)
      return
    }
    const address = word & COMP
    const from = (RMPSPT | this.#table) + 4 * index
    if (index >= count) {
      this.#literals.set(address, from)
      return
    }
    const which = word >>> 30
    if (which === 0) words.set(address, from)
    if (which & LOWER) this.#code.breakpoints.add(address)
    if (which & UPPER) this.#code.breakpoints.add(address + 2)
  }
}
