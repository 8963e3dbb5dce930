// DWT's four comparators: addresses of instructions and data, data values, and the cycle counter.
// Source: ARM DDI 0403 (Armv7-M ARM), C1.8.1 and C1.8.9 to C1.8.17.

import { PAGE_BITS } from '../memory.ts'

const COMPARATORS = 4
/** Registers of a comparator, 16 bytes apart from DWT_COMP0 on. */
const REGISTER = { COMP: 0, MASK: 4, FUNCTION: 8 } as const
/** The largest mask: 32 KB (ARM DDI 0439 leaves the figure open; 15 is the architecture's most for 0x8000 bytes). */
const MASK_BITS = 15

const FUNCTION = {
  ACTION: 0xf,
  CYCMATCH: 1 << 7,
  DATAVMATCH: 1 << 8,
  LNK1ENA: 1 << 9,
  MATCHED: 1 << 24,
  WRITABLE: 0x000ffdaf,
} as const
/** Comparator 0 alone sees the cycle counter, comparator 1 alone compares data values. */
const CYCLE_COMPARATOR = 0
const VALUE_COMPARATOR = 1

/** FUNCTION's actions that raise a debug event; the tracing ones have nobody to trace to. */
const ACTION = { PC: 4, READ: 5, WRITE: 6, ANY: 7 } as const

export type DataAccess = 'read' | 'write'

export class Watchpoints {
  readonly #values = new Int32Array(COMPARATORS)
  readonly #masks = new Int32Array(COMPARATORS)
  readonly #functions = new Int32Array(COMPARATORS)

  /** `offset` counts from DWT_COMP0. Reading FUNCTION clears MATCHED. */
  read(offset: number): number {
    const index = offset >>> 4
    switch (offset & 15) {
      case REGISTER.COMP:
        return this.#values[index]!
      case REGISTER.MASK:
        return this.#masks[index]!
      case REGISTER.FUNCTION: {
        const value = this.#functions[index]! | (index === VALUE_COMPARATOR ? FUNCTION.LNK1ENA : 0)
        this.#functions[index]! &= ~FUNCTION.MATCHED
        return value
      }
      default:
        return 0
    }
  }

  write(offset: number, value: number): void {
    const index = offset >>> 4
    const at = offset & 15
    if (at === REGISTER.COMP) this.#values[index] = value
    else if (at === REGISTER.MASK) this.#masks[index] = Math.min(MASK_BITS, value & 31)
    else if (at === REGISTER.FUNCTION) this.#functions[index] = value & FUNCTION.WRITABLE
  }

  /** Whether an instruction at this address is to stop the core. Sets MATCHED only through `matchedAt`. */
  stopsAt(address: number): boolean {
    return this.#stopping(address) >= 0
  }

  matchedAt(address: number): boolean {
    const index = this.#stopping(address)
    if (index >= 0) this.#functions[index]! |= FUNCTION.MATCHED
    return index >= 0
  }

  #stopping(address: number): number {
    return this.#functions.findIndex(
      (word, index) => (word & FUNCTION.ACTION) === ACTION.PC && this.#covers(index, address, 2),
    )
  }

  /** The ranges of instruction addresses that stop: [first, size]. */
  get stops(): (readonly [number, number])[] {
    return [...this.#functions.keys()]
      .filter((index) => (this.#functions[index]! & FUNCTION.ACTION) === ACTION.PC)
      .map((index) => this.#range(index))
  }

  /** The pages whose data some comparator looks at; undefined: all of them, for a value anywhere. */
  get pages(): Set<number> | undefined {
    const pages = new Set<number>()
    for (let index = 0; index < COMPARATORS; index++) {
      if (!this.#watchesData(index)) continue
      if (this.#comparesValue(index)) {
        const linked = this.#linked()
        if (linked.length === 0) return undefined
        for (const other of linked) this.#addPages(pages, other)
      } else this.#addPages(pages, index)
    }
    return pages
  }

  /** Whether an access that was made is a debug event. */
  matches(address: number, size: number, access: DataAccess, value: number): boolean {
    let matched = false
    for (let index = 0; index < COMPARATORS; index++) {
      if (!this.#watchesData(index) || !wants(this.#functions[index]! & FUNCTION.ACTION, access)) continue
      const hit = this.#comparesValue(index)
        ? this.#equals(index, size, value) && this.#linkedCover(address, size)
        : this.#covers(index, address, size)
      if (!hit) continue
      this.#functions[index]! |= FUNCTION.MATCHED
      matched = true
    }
    return matched
  }

  /** The count at which the cycle counter is a debug event; undefined when it is none. */
  get cycleMatch(): number | undefined {
    const word = this.#functions[CYCLE_COMPARATOR]!
    const set = (word & FUNCTION.CYCMATCH) !== 0 && (word & FUNCTION.ACTION) === ACTION.PC
    return set ? this.#values[CYCLE_COMPARATOR]! >>> 0 : undefined
  }

  matchedCycles(): void {
    this.#functions[CYCLE_COMPARATOR]! |= FUNCTION.MATCHED
  }

  #watchesData(index: number): boolean {
    return (this.#functions[index]! & FUNCTION.ACTION) > ACTION.PC && (this.#functions[index]! & 8) === 0
  }

  #comparesValue(index: number): boolean {
    return index === VALUE_COMPARATOR && (this.#functions[index]! & FUNCTION.DATAVMATCH) !== 0
  }

  /** DATAVADDR0 and 1: the comparators whose addresses a value comparison is bound to; itself means none. */
  #linked(): number[] {
    const word = this.#functions[VALUE_COMPARATOR]!
    return [(word >>> 12) & 15, (word >>> 16) & 15].filter((index) => index < COMPARATORS && index !== VALUE_COMPARATOR)
  }

  #linkedCover(address: number, size: number): boolean {
    const linked = this.#linked()
    return linked.length === 0 || linked.some((index) => this.#covers(index, address, size))
  }

  /** DATAVSIZE: the value is compared in bytes, halfwords or words, as wide as the access. */
  #equals(index: number, size: number, value: number): boolean {
    const wanted = 1 << ((this.#functions[index]! >>> 10) & 3)
    if (size !== wanted) return false
    const mask = size === 4 ? -1 : (1 << (8 * size)) - 1
    return ((value ^ this.#values[index]!) & mask) === 0
  }

  #range(index: number): readonly [number, number] {
    const size = 2 ** this.#masks[index]!
    const value = this.#values[index]! >>> 0
    return [value - (value % size), size]
  }

  /** Whether the bytes of an access and those of the comparator meet. */
  #covers(index: number, address: number, size: number): boolean {
    if (index === CYCLE_COMPARATOR && (this.#functions[index]! & FUNCTION.CYCMATCH) !== 0) return false
    const [first, length] = this.#range(index)
    return address < first + length && first < address + size
  }

  #addPages(pages: Set<number>, index: number): void {
    const [first, length] = this.#range(index)
    for (let at = first; at < first + length; at += 1 << PAGE_BITS) pages.add(at >>> PAGE_BITS)
    pages.add((first + length - 1) >>> PAGE_BITS)
  }
}

const wants = (action: number, access: DataAccess) =>
  action === ACTION.ANY || (action === ACTION.READ ? access === 'read' : access === 'write')
