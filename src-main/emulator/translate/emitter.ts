// What the emitters of all families share: their type, names of scratch locals, operands.

import type { OpName } from '../opcodes.ts'
import { LOCAL, type Body, type GuestInstruction } from './body.ts'
import { W } from './wasm-encoder.ts'

/** Emits what one instruction does. It may leave the region (leaveIf) as long as it has changed nothing. */
export type Emitter = (f: Body, i: GuestInstruction) => void
export type EmitterTable = Partial<Record<OpName, Emitter>>
/** Pushes an operand of an instruction. */
export type Operand = (f: Body, i: GuestInstruction) => void

export const T0 = LOCAL.T
export const T1 = LOCAL.T + 1
export const T2 = LOCAL.T + 2
export const T3 = LOCAL.T + 3
export const L0 = LOCAL.L
export const PC = 15

export const rb: Operand = (f, { b }) => f.r(b)
export const rc: Operand = (f, { c }) => f.r(c)
export const imm: Operand = (f, { imm: value }) => f.const(value)
export const not =
  (operand: Operand): Operand =>
  (f, i) => {
    operand(f, i)
    f.const(-1).op(W.i32xor)
  }

export const plain =
  (x: Operand, y: Operand, operation: number): Emitter =>
  (f, i) => {
    x(f, i)
    y(f, i)
    f.op(operation).setR(i.a)
  }

/** Where a literal lies: `offset` from the instruction's address, word-aligned. */
export const literalAddress = (f: Body, offset: number) => (((f.address + 4) & ~3) + offset) | 0
