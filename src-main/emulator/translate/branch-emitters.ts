// Calls, returns and table branches; the other branches are compile.ts's.

import { BYTE_FAULT, exchange, HALF_FAULT, loadOffset } from './accesses.ts'
import { LOCAL, type Body, type GuestInstruction } from './body.ts'
import { PC, T0, T1, type EmitterTable } from './emitter.ts'
import { ACCESS, W } from './wasm-encoder.ts'

const LR = 14

/** Table branches: the entry on the stack is in halfwords from the next instruction. */
function tableBranch(f: Body, { index }: GuestInstruction): void {
  f.const(index + 2)
    .op(W.i32add)
    .set(LOCAL.NEXT)
    .settle(true)
    .leaveSettled()
}
const tableAddress = (f: Body, { b, c }: GuestInstruction, shift: number) => {
  if (b === PC) f.const(f.address + 4)
  else f.r(b)
  f.r(c)
  if (shift !== 0) f.const(shift).op(W.i32shl)
  f.op(W.i32add).set(T0)
}

const returnAddress = (f: Body, { index, length }: GuestInstruction) => (2 * (index + length) + f.base) | 1

export const BRANCH_EMITTERS: EmitterTable = {
  BL: (f, i) => {
    f.const(returnAddress(f, i)).setR(LR)
    f.settle(true).const(i.imm).set(LOCAL.NEXT).leaveSettled()
  },
  BX: (f, { b }) => {
    f.r(b).set(T0)
    exchange(f)
    f.settle(true).leaveSettled()
  },
  BLX: (f, i) => {
    f.r(i.b).set(T0)
    exchange(f)
    f.const(returnAddress(f, i)).setR(LR)
    f.settle(true).leaveSettled()
  },
  TBB: (f, i) => {
    tableAddress(f, i, 0)
    loadOffset(f, BYTE_FAULT)
    f.get(T1).access(ACCESS.i32load8u)
    tableBranch(f, i)
  },
  TBH: (f, i) => {
    tableAddress(f, i, 1)
    loadOffset(f, HALF_FAULT)
    f.get(T1).access(ACCESS.i32load16u)
    tableBranch(f, i)
  },
}
