// Decoded instructions, one entry for every halfword of memory: instructions are decoded when first executed
// and forgotten when their bytes change. An entry is a packed word and an immediate.
//
//   packed word: 0-8 opcode · 9-12 a · 13-16 b · 17-20 c · 21 set for 32-bit encodings · 22-26 cycles
//                27-30 d, what being taken adds for a conditional branch · 31 set in an IT block (the condition is in `it`)
//
// The zero word means "not decoded". Immediates of direct branches are target indices. Bit 31 with opcode 0 means that
// translated code starts here (translate/): slot and block are in the word, what was decoded is in `entries`.

import { decodeWith, instruction, type Encoding, type Instruction } from './decode/pattern.ts'
import { THUMB16 } from './decode/thumb16.ts'
import { THUMB32 } from './decode/thumb32.ts'
import { THUMB32_DSP } from './decode/thumb32-dsp.ts'
import { VFP } from './decode/vfp.ts'
import { PAGE_SIZE, type Memory } from './memory.ts'
import { OP, popCount } from './opcodes.ts'
import { goesBack, nextIt, type DecodeAt, type InstructionTiming, type Placed } from './timing/instruction-timing.ts'

const CONDITIONAL = 0x80000000 | 0
/** The longest IT block: four 32-bit instructions. */
const IT_REACH = 8

const DIRECT_BRANCHES = new Set([OP.B, OP.BL, OP.CBZ, OP.CBNZ])
for (let op = OP.BEQ; op <= OP.BLE; op++) DIRECT_BRANCHES.add(op)
const isConditional = (op: number) => op >= OP.BEQ && op <= OP.CBNZ

const isWide = (halfword: number) => halfword >>> 11 >= 0x1d

/**
 * Decodes one instruction; `high` is its first halfword, `low` the second of a 32-bit one. `extension` is what this core
 * has beyond Armv7E-M with FPv4-SP.
 */
export function decodeInstruction(
  high: number,
  low: number,
  inItBlock: boolean,
  extension: readonly Encoding[] = [],
): Instruction {
  let decoded: Instruction | undefined
  if (isWide(high)) {
    const word = (high << 16) | low
    decoded = decodeWith(THUMB32, word, false) ?? decodeWith(THUMB32_DSP, word, false) ?? decodeWith(VFP, word, false)
    decoded ??= decodeWith(extension, word, false)
    // Coprocessor space without a coprocessor faults with NOCP, the rest is undefined.
    if (decoded === undefined && (high & 0xec00) === 0xec00) {
      decoded = instruction(OP.COPROCESSOR, (low >>> 8) & 15)
    }
  } else {
    decoded = decodeWith(THUMB16, high, !inItBlock)
  }
  return decoded ?? instruction(OP.UNDEFINED)
}

/** What runs translated code, at word indices. */
export interface Translations {
  /** Runs from an entry on, with the locals in Memory.state, and says where it left off. */
  drive: (index: number) => number
  /** Called before the instructions of these halfwords are forgotten. */
  forget: (first: number, last: number) => void
  /** Called when memory takes another time than before. */
  forgetAll: () => void
}

export const isEntry = (word: number) => word < 0 && (word & 511) === 0
export const entryWord = (slot: number, block: number) => CONDITIONAL | (slot << 19) | (block << 9)

/** What a core's instructions are and what they take. */
export interface CodeRules {
  instructions: readonly Encoding[]
  timing: (decodeAt: DecodeAt, halfwords: number) => InstructionTiming
}

export class CodeCache {
  readonly words: Int32Array
  readonly immediates: Int32Array
  /** ITSTATE in force at each halfword, 0 outside IT blocks */
  readonly it: Uint8Array
  /** Addresses where the breakpoint unit stops the core. */
  readonly breakpoints = new Set<number>()
  /** Whether the DWT stops the core at this address. */
  stopsAt: (address: number) => boolean = () => false
  /** What the MPU says of executing from this address. */
  mayExecute: (address: number) => boolean = () => true
  /** The words that entries into translated code stand in for. */
  readonly entries = new Map<number, number>()
  translations: Translations | undefined
  /**
   * Halfwords that the breakpoint unit has fetched from elsewhere, by index: where they come from, below zero where there
   * is no memory. As with breakpoints, a cell that appears at two addresses is remapped at both.
   */
  readonly #remapped = new Map<number, number>()
  readonly #memory: Memory
  readonly #extension: readonly Encoding[]
  readonly #timing: InstructionTiming

  constructor(memory: Memory, { instructions, timing }: CodeRules) {
    this.#memory = memory
    this.#extension = instructions
    const halfwords = memory.u16.length
    this.#timing = timing((index, it) => this.#placed(index, it), halfwords)
    this.words = memory.words
    this.immediates = new Int32Array(halfwords)
    this.it = new Uint8Array(halfwords)
  }

  /** Fills the entry of the instruction at `address`, whose buffer offset is 2 * index. */
  decode(index: number, address: number): void {
    const memory = this.#memory
    if (memory.fetchOffset(address) !== index * 2 || !this.mayExecute(address)) {
      this.#store(index, instruction(OP.FETCH_FAULT), false)
      return
    }
    memory.watchStores(address)
    if (this.breakpoints.has(address) || this.stopsAt(address)) {
      this.#store(index, instruction(OP.BREAKPOINT), isWide(this.#halfword(index)))
      return
    }
    const high = this.#halfword(index)
    const wide = isWide(high)
    if (wide && (memory.fetchOffset(address + 2) < 0 || !this.mayExecute(address + 2))) {
      this.#store(index, instruction(OP.FETCH_FAULT), false)
      return
    }
    if (this.#isLost(index) || (wide && this.#isLost(index + 1))) {
      this.#store(index, instruction(OP.FETCH_FAULT), false)
      return
    }
    if (wide) memory.watchStores(address + 2)
    const decoded = decodeInstruction(high, this.#halfword(index + 1), this.it[index] !== 0, this.#extension)
    if (decoded.op === OP.IT) this.#openItBlock(index, decoded.imm)
    const it = this.it[index]!
    const cycles = this.#timing.cycles({ index, length: wide ? 2 : 1, instruction: decoded, it })
    if (isConditional(decoded.op)) decoded.d = this.#timing.taken(goesBack(decoded.imm))
    if (DIRECT_BRANCHES.has(decoded.op)) this.#aim(decoded, index, address)
    this.#store(index, decoded, wide, cycles)
  }

  /**
   * Has the words at these addresses of code memory fetched from others: the table that the values point into is read
   * when they are decoded, and again after a store to it. The waits counted are those of the address itself, whose fetch
   * is too far on to be stopped (ARM DDI 0337, 7.3.1).
   */
  remap(words: ReadonlyMap<number, number>): void {
    const before = [...this.#remapped.keys()]
    this.#remapped.clear()
    for (const [address, from] of words) {
      const offset = this.#memory.fetchOffset(address)
      if (offset < 0) continue
      const source = this.#memory.offsetOf(from)
      for (const half of [0, 1]) this.#remapped.set((offset >> 1) + half, source < 0 ? -1 : (source >> 1) + half)
      if (source >= 0) this.#memory.watchStores(from)
    }
    for (const index of new Set([...before, ...this.#remapped.keys()])) this.#forget(2 * index, 2)
  }

  #halfword(index: number): number {
    return this.#memory.u16[this.#remapped.get(index) ?? index] ?? 0
  }

  #isLost(index: number): boolean {
    return this.#remapped.get(index) === -1
  }

  /** The decoded word at `index`, whether translated code starts there or not. */
  decoded(index: number): number {
    const word = this.words[index]!
    return isEntry(word) ? this.entries.get(index)! : word
  }

  /** Turns a branch's byte offset into a target index, or the branch into its far form. */
  #aim(decoded: Instruction, index: number, address: number): void {
    const target = index + 2 + (decoded.imm >> 1)
    const reached = this.#memory.fetchOffset((address + 4 + decoded.imm) >>> 0)
    if (reached === target * 2) decoded.imm = target
    else if (decoded.op === OP.B) decoded.op = OP.B_FAR
    else if (decoded.op === OP.BL) decoded.op = OP.BL_FAR
    // A conditional branch out of its memory ends at an index where decoding finds the fault.
    else decoded.imm = Math.max(0, target)
  }

  #openItBlock(index: number, itState: number): void {
    let state = itState
    let at = index + 1
    while ((state & 15) !== 0) {
      this.it[at] = state
      this.words[at] = 0
      at += isWide(this.#halfword(at)) ? 2 : 1
      state = nextIt(state)
    }
  }

  #store(index: number, decoded: Instruction, wide: boolean, cycles = 1): void {
    const conditional = this.it[index] !== 0 && decoded.op !== OP.BKPT && decoded.op !== OP.BREAKPOINT
    this.words[index] =
      decoded.op |
      (decoded.a << 9) |
      (decoded.b << 13) |
      (decoded.c << 17) |
      (wide ? 1 << 21 : 0) |
      (cycles << 22) |
      ((decoded.d & 15) << 27) |
      (conditional ? CONDITIONAL : 0)
    this.immediates[index] = this.#immediate(decoded)
  }

  /** Register lists carry their count above their bits. */
  #immediate({ op, imm }: Instruction): number {
    return op === OP.LDM || op === OP.STM ? imm | (popCount(imm) << 16) : imm
  }

  /** One instruction, whether it is ever executed or not. */
  #placed(index: number, it: number): Placed {
    const high = this.#halfword(index)
    const decoded = decodeInstruction(high, this.#halfword(index + 1), it !== 0, this.#extension)
    return { index, length: isWide(high) ? 2 : 1, instruction: decoded, it }
  }

  /** Forgets all that was decoded of the page at this address, because it may be decoded differently now. */
  forgetPage(address: number): void {
    const offset = this.#memory.fetchOffset(address)
    if (offset >= 0) this.invalidate(offset, PAGE_SIZE)
  }

  /** Forgets what was decoded from these bytes. Offsets are in the memory's buffer. */
  invalidate(offset: number, length: number): void {
    this.#forget(offset, length)
    if (this.#remapped.size === 0) return
    for (const [index, source] of this.#remapped) {
      if (2 * source < offset + length && 2 * source + 2 > offset) this.#forget(2 * index, 2)
    }
  }

  #forget(offset: number, length: number): void {
    const words = this.words
    const last = (offset + length - 1) >> 1
    const first = this.#timing.affected(offset >> 1, last)
    this.translations?.forget(first, last)
    for (let index = first; index <= last; index++) {
      if (words[index] === 0) continue
      if ((words[index]! & 511) === OP.IT && index * 2 >= offset - 1) {
        this.it.fill(0, index + 1, index + 1 + IT_REACH)
        // What is behind the range is decoded anew; within it a next IT still has to be found here.
        words.fill(0, last + 1, Math.max(last + 1, index + 1 + IT_REACH))
      }
      words[index] = 0
    }
  }
}
