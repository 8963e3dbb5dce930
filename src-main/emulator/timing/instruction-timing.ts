// What instructions take, decided when they are decoded. One implementation for each kind of core. A time is decided by
// the bytes of memory alone, from the instruction on, never by what was executed or decoded before: so it is the same
// in the interpreter and in translated code, however a program is sliced.

import type { Instruction } from '../decode/pattern.ts'

/** One instruction where it lies. */
export interface Placed {
  /** in halfwords */
  index: number
  length: number
  instruction: Instruction
  /** ITSTATE in force, 0 outside IT blocks */
  it: number
}

export type DecodeAt = (index: number, it: number) => Placed

export interface InstructionTiming {
  /** 0 to 31: until the next instruction issues. Of a conditional branch, when it is not taken. */
  cycles(placed: Placed): number
  /** What a conditional branch takes more when it is taken, -8 to 7; `backward`: its target lies before it. */
  taken(backward: boolean): number
  /** Where the instructions begin whose time may change with these halfwords. */
  affected(first: number, last: number): number
}

/** Whether the branch at `index` with this offset in bytes goes back, or to itself. */
export const goesBack = (offset: number) => offset <= -4

/** ITSTATE of the instruction that follows one with this ITSTATE. */
export const nextIt = (it: number) => ((it & 7) === 0 ? 0 : (it & 0xe0) | ((it << 1) & 0x1f))
