// The function that a region becomes, as it is being written: the guest's registers and flags in locals, the account
// of cycles and instructions, and the ways out.

import { STATE, type Memory } from '../memory.ts'
import { NO_LINE, type MemoryTiming } from '../memory-timing.ts'
import { ACCESS, TYPE, W, WasmCode, type Label } from './wasm-encoder.ts'

/** One decoded instruction. */
export interface GuestInstruction {
  index: number
  /** the packed word of code-cache.ts */
  word: number
  op: number
  a: number
  b: number
  c: number
  d: number
  imm: number
  /** halfwords */
  length: number
  cycles: number
  /** 14: always */
  condition: number
}

/** Cycles that a conditional branch takes more when it is taken, below zero where that was predicted. */
export const takenExtra = ({ d }: GuestInstruction) => (d << 28) >> 28

/** Locals after the two parameters: index (and in the end the next one) and block. */
export const LOCAL = {
  NEXT: 0,
  BLOCK: 1,
  R: 2,
  N: 18,
  Z: 19,
  C: 20,
  V: 21,
  Q: 22,
  LEFT: 23,
  COUNT: 24,
  /** scratch words */
  T: 25,
  /** scratch doublewords */
  L: 31,
  /** scratch doubles */
  D: 33,
  /** scratch singles */
  F: 38,
} as const

export const LOCAL_TYPES = [
  [LOCAL.L - LOCAL.R, TYPE.i32],
  [LOCAL.D - LOCAL.L, TYPE.i64],
  [LOCAL.F - LOCAL.D, TYPE.f64],
  [2, TYPE.f32],
] as const

/**
 * Imported functions: two that execute one instruction of a kind, on the registers in memory; and, where memory takes
 * time, the waits of an access.
 */
export const IMPORT = { DSP: 0, VFP: 1, FETCH: 2, LOAD: 3, STORE: 4 } as const

const FLAGS = [
  [LOCAL.N, STATE.N],
  [LOCAL.Z, STATE.Z],
  [LOCAL.C, STATE.C],
  [LOCAL.V, STATE.V],
  [LOCAL.Q, STATE.Q],
  [LOCAL.LEFT, STATE.LEFT],
  [LOCAL.COUNT, STATE.COUNT],
] as const

export class Body extends WasmCode {
  readonly memory: Memory
  /** address = 2 * index + base */
  readonly base: number
  readonly timing: MemoryTiming | undefined
  readonly #used = new Set<number>()
  /** to `out`: NEXT is set, the account is settled */
  #out: Label = 0
  /** what the block has executed before the current instruction and not yet put into the account */
  cycles = 0
  count = 0
  current!: GuestInstruction

  constructor(memory: Memory, base: number, timing?: MemoryTiming) {
    super()
    this.memory = memory
    this.base = base
    this.timing = timing
  }

  /** Address of the current instruction. */
  get address(): number {
    return (2 * this.current.index + this.base) | 0
  }

  openOut(): void {
    this.#out = this.block()
  }

  r(register: number): this {
    this.#used.add(register)
    return this.get(LOCAL.R + register)
  }

  setR(register: number): this {
    this.#used.add(register)
    return this.set(LOCAL.R + register)
  }

  teeR(register: number): this {
    this.#used.add(register)
    return this.tee(LOCAL.R + register)
  }

  state(word: number, access: number = ACCESS.i32load): this {
    return this.const(0).access(access, this.#stateAt(word))
  }

  /** Stores what `value` pushes. */
  setState(word: number, value: () => void, access: number = ACCESS.i32store): this {
    this.const(0)
    value()
    return this.access(access, this.#stateAt(word))
  }

  #stateAt(word: number): number {
    return this.memory.at.state + 4 * word
  }

  /** Puts what the block did into the account, with the current instruction when that was executed: a branch that is taken. */
  settle(executed: boolean, extraCycles = 0): this {
    const cycles = this.cycles + (executed ? this.current.cycles + extraCycles : 0)
    const count = this.count + (executed ? 1 : 0)
    if (executed) this.#fetchSecondHalf()
    if (cycles !== 0) this.get(LOCAL.LEFT).const(cycles).op(W.i32sub).set(LOCAL.LEFT)
    if (count !== 0) this.get(LOCAL.COUNT).const(count).op(W.i32add).set(LOCAL.COUNT)
    return this
  }

  /** Takes the waits that an imported function tells from the budget; `argument` pushes what it is told. */
  wait(kind: number, argument: () => void): void {
    this.get(LOCAL.LEFT)
    argument()
    this.call(kind).op(W.i32sub).set(LOCAL.LEFT)
  }

  /**
   * Waits for the line of the current instruction and returns it; `before` is that of the instruction before, undefined
   * where control may come from elsewhere.
   */
  enterLine(before: number | undefined): number | undefined {
    if (this.timing === undefined) return undefined
    const { index } = this.current
    const line = (2 * index) >> this.timing.lineBits
    if (line === before) return line
    const fetch = () => this.wait(IMPORT.FETCH, () => this.const(index))
    if (2 * index >= this.timing.loadsEnd) this.setState(STATE.LINE, () => this.const(NO_LINE))
    else if (before !== undefined) fetch()
    else {
      this.state(STATE.LINE).const(line).op(W.i32ne).if()
      fetch()
      this.end()
    }
    return line
  }

  #fetchSecondHalf(): void {
    if (this.timing === undefined) return
    const { index, length } = this.current
    const last = index + length - 1
    const crosses = (2 * index) >> this.timing.lineBits !== (2 * last) >> this.timing.lineBits
    if (crosses && 2 * last < this.timing.loadsEnd) this.wait(IMPORT.FETCH, () => this.const(last))
  }

  /** Leaves the region before the current instruction when the word on the stack is not zero: nothing of it may be done. */
  leaveIf(): this {
    this.if()
    this.leave()
    return this.end()
  }

  /** Leaves the region before the current instruction. */
  leave(): this {
    return this.settle(false).const(this.current.index).set(LOCAL.NEXT).leaveSettled()
  }

  /** Leaves the region for the index in NEXT. */
  leaveSettled(): this {
    return this.br(this.#out)
  }

  /** Has the interpreter's own function execute the current instruction. */
  callInterpreter(kind: number): void {
    const { a, b, c, d, word, imm } = this.current
    const registers = [...new Set([a, b, c, d])]
    for (const register of registers) this.setState(STATE.R + register, () => this.r(register))
    this.const(word).const(imm).call(kind)
    for (const register of registers) this.state(STATE.R + register).setR(register)
  }

  /** Code before the body: fetches the locals. */
  loadLocals(into: WasmCode): void {
    for (const [local, word] of this.#locals()) {
      into.const(0).access(ACCESS.i32load, this.#stateAt(word)).set(local)
    }
  }

  /** Code after the body: puts the locals back. */
  storeLocals(into: WasmCode): void {
    for (const [local, word] of this.#locals()) {
      into.const(0).get(local).access(ACCESS.i32store, this.#stateAt(word))
    }
  }

  #locals(): (readonly [number, number])[] {
    return [...[...this.#used].map((register) => [LOCAL.R + register, STATE.R + register] as const), ...FLAGS]
  }
}
