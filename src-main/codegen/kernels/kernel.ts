// What every kernel has in common: how it is called, what an emitter hands back, and its stack frame.
//
// A kernel is called as the Arm procedure call standard (AAPCS) has it: r0 input, r1 output, r2 scratch, r3 constants. All
// four are multiples of 4. It calls nothing, keeps r4 to r11, and touches nothing else.

import { AppError } from '../../base/errors.ts'
import type { Assembler } from '../assembler.ts'
import type { Assembled } from '../layout.ts'
import type { RequantizeForm } from '../requantize/plan.ts'
import type { Register } from '../thumb/operands.ts'

export interface EmittedKernel {
  code: Assembled
  /** what r3 points to */
  constants: Uint8Array
  scratchBytes: number
  /** of the caller's stack */
  stackBytes: number
  /** how accumulators become int8; undefined where there are none */
  requantize: RequantizeForm | undefined
}

/** int16: a halfword a weight. packed8: a byte a weight, two channels in a halfword. */
export type WeightForm = 'int16' | 'packed8'

export interface Frame<Slot extends string> {
  readonly bytes: number
  load(register: Register, slot: Slot): void
  store(register: Register, slot: Slot): void
  /** offset from sp, for LDRD and STRD of neighbouring slots */
  offset(slot: Slot): number
  /** Gives the stack back and returns. */
  close(): void
}

/** A kernel asked for a shape that it is not for: the caller chose without asking. */
export function requireFit(fits: boolean, kernel: string): void {
  if (!fits) throw new AppError('INTERNAL', `The ${kernel} kernel was asked for a layer that it does not fit.`)
}

const SAVED_REGISTERS = 9

/** Saves r4 to r11 and makes room for one word a slot. All registers but sp and pc are then the kernel's. */
export function openFrame<const Slot extends string>(k: Assembler, slots: readonly Slot[]): Frame<Slot> {
  const room = slots.length * 4
  k.push(['r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11', 'lr'])
  if (room > 0) k.sub('sp', 'sp', room)
  const offset = (slot: Slot) => slots.indexOf(slot) * 4
  const note = (slot: Slot) => k.comment(slot)
  return {
    bytes: SAVED_REGISTERS * 4 + room,
    offset,
    load(register, slot) {
      note(slot)
      k.ldr(register, 'sp', offset(slot))
    },
    store(register, slot) {
      note(slot)
      k.str(register, 'sp', offset(slot))
    },
    close() {
      if (room > 0) k.add('sp', 'sp', room)
      k.pop(['r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11', 'pc'])
    },
  }
}

/** Adds a constant of any size and sign; `temporary` only where no instruction holds it. */
export function addConstant(k: Assembler, to: Register, from: Register, value: number, temporary: Register): void {
  const size = Math.abs(value)
  if (value === 0) {
    if (to !== from) k.mov(to, from)
  } else if (size < 4096) k[value > 0 ? 'add' : 'sub'](to, from, size)
  else {
    // The size of a negative value is the one that a move may hold.
    k.constant(temporary, size)
    k[value > 0 ? 'add' : 'sub'](to, from, temporary)
  }
}
