// Shifts, and data processing whose second operand is shifted.

import { LOCAL, type Body, type GuestInstruction } from './body.ts'
import { T0, T1, T2, type Emitter, type EmitterTable } from './emitter.ts'
import { addCarryFlags, bit, setNZ } from './flags.ts'
import { W } from './wasm-encoder.ts'

const { N, C } = LOCAL

const shiftLeft: Emitter = (f, { a, b, imm: by }) => f.r(b).const(by).op(W.i32shl).setR(a)
const shiftLeftFlags: Emitter = (f, { a, b, imm: by }) => {
  f.r(b).set(T0)
  bit(f.get(T0), (32 - by) & 31).set(C)
  setNZ(f.get(T0).const(by).op(W.i32shl))
  f.get(N).setR(a)
}
const shiftRight =
  (operation: number): Emitter =>
  (f, { a, b, imm: by }) => {
    shiftRightBy(f.r(b), operation, by)
    f.setR(a)
  }
const shiftRightFlags =
  (operation: number): Emitter =>
  (f, { a, b, imm: by }) => {
    f.r(b).set(T0)
    bit(f.get(T0), by - 1).set(C)
    shiftRightBy(f.get(T0), operation, by)
    setNZ(f)
    f.get(N).setR(a)
  }
/** The word on the stack shifted right by 1 to 32. */
function shiftRightBy(f: Body, operation: number, by: number): void {
  if (by === 32 && operation === W.i32shru) f.const(0).op(W.i32and)
  else f.const(by === 32 ? 31 : by).op(operation)
}

/** T0 shifted by T1 (0 to 255): LSL, LSR, ASR, ROR. */
function shiftByRegister(f: Body, type: number): void {
  if (type === 3) f.get(T0).get(T1).op(W.i32rotr)
  else if (type === 2) {
    f.get(T0).const(31).get(T1).get(T1).const(31).op(W.i32gtu, W.select, W.i32shrs)
  } else {
    f.const(0)
      .get(T0)
      .get(T1)
      .op(type === 0 ? W.i32shl : W.i32shru)
    f.get(T1).const(31).op(W.i32gtu, W.select)
  }
}

const shiftOperands: Emitter = (f, { b, c }) => f.r(b).set(T0).r(c).const(255).op(W.i32and).set(T1)

/** The carry of that shift where T1 is not 0. */
function shiftCarry(f: Body, type: number): void {
  if (type === 3) {
    bit(f.get(N), 31)
    return
  }
  if (type === 2) {
    f.get(T0).const(31).get(T1).const(1).op(W.i32sub).get(T1).const(32).op(W.i32gtu, W.select, W.i32shrs)
    f.const(1).op(W.i32and)
    return
  }
  f.const(0).get(T0)
  if (type === 0) f.const(32).get(T1).op(W.i32sub)
  else f.get(T1).const(1).op(W.i32sub)
  f.op(W.i32shru).const(1).op(W.i32and).get(T1).const(32).op(W.i32gtu, W.select)
}

const LSL = 0
const LSR = 1
const ASR = 2
const RRX = 4
const SHIFTED_LOGIC_END = 8

/** The shifted operand of data processing; imm = type | amount << 8. */
function shifted(f: Body, { c, imm: shift }: GuestInstruction): void {
  const type = shift & 255
  const by = shift >>> 8
  f.r(c)
  if (type === RRX) f.const(1).op(W.i32shru).get(C).const(31).op(W.i32shl, W.i32or)
  else if (type === LSL) f.const(by).op(W.i32shl)
  else if (type === LSR) shiftRightBy(f, W.i32shru, by)
  else if (type === ASR) shiftRightBy(f, W.i32shrs, by)
  else f.const(by).op(W.i32rotr)
}

/** x op y by field d, x and y in T0 and T1; the result stays on the stack. */
function shiftedOperation(f: Body, operation: number): void {
  const both = (...opcodes: number[]) =>
    f
      .get(T0)
      .get(T1)
      .op(...opcodes)
  switch (operation) {
    case 0:
      return void both(W.i32and)
    case 1:
      return void f.get(T0).get(T1).const(-1).op(W.i32xor, W.i32and)
    case 2:
      return void both(W.i32or)
    case 3:
      return void f.get(T0).get(T1).const(-1).op(W.i32xor, W.i32or)
    case 4:
      return void both(W.i32xor)
    case 5:
      return void f.get(T1)
    case 6:
      return void f.get(T1).const(-1).op(W.i32xor)
    case 8:
      return void both(W.i32add)
    case 10:
      return void both(W.i32add).get(C).op(W.i32add)
    case 11:
      return void f.get(T0).get(T1).const(-1).op(W.i32xor, W.i32add).get(C).op(W.i32add)
    case 13:
      return void both(W.i32sub)
    default:
      return void f.get(T1).get(T0).op(W.i32sub)
  }
}

function shiftedFlags(f: Body, i: GuestInstruction): void {
  const type = i.imm & 255
  const by = i.imm >>> 8
  f.r(i.b).set(T0)
  shifted(f, i)
  f.set(T1)
  if (i.d < SHIFTED_LOGIC_END) {
    if (!(type === LSL && by === 0)) {
      bit(f.r(i.c), type === RRX ? 0 : type === LSL ? (32 - by) & 31 : (by - 1) & 31).set(T2)
    }
    shiftedOperation(f, i.d)
    setNZ(f)
    if (!(type === LSL && by === 0)) f.get(T2).set(C)
  } else {
    // SUB, SBC and RSB are additions of a complement.
    if (i.d === 14) f.get(T0).const(-1).op(W.i32xor).set(T0)
    else if (i.d >= 11) f.get(T1).const(-1).op(W.i32xor).set(T1)
    if (i.d === 8) f.const(0).set(C)
    else if (i.d >= 13) f.const(1).set(C)
    addCarryFlags(f)
  }
  f.get(N).setR(i.a)
}

export const SHIFT_EMITTERS: EmitterTable = {
  LSL_I: shiftLeft,
  LSLS_I: shiftLeftFlags,
  LSR_I: shiftRight(W.i32shru),
  LSRS_I: shiftRightFlags(W.i32shru),
  ASR_I: shiftRight(W.i32shrs),
  ASRS_I: shiftRightFlags(W.i32shrs),
  SHIFT_R: (f, i) => {
    shiftOperands(f, i)
    shiftByRegister(f, i.imm)
    f.setR(i.a)
  },
  SHIFTS_R: (f, i) => {
    shiftOperands(f, i)
    shiftByRegister(f, i.imm)
    setNZ(f)
    shiftCarry(f, i.imm)
    f.get(C).get(T1).op(W.select).set(C)
    f.get(N).setR(i.a)
  },
  DP_SHIFT: (f, i) => {
    f.r(i.b).set(T0)
    shifted(f, i)
    f.set(T1)
    shiftedOperation(f, i.d)
    f.setR(i.a)
  },
  DPS_SHIFT: shiftedFlags,
  ADD_LSL: (f, { a, b, c, imm: by }) => f.r(b).r(c).const(by).op(W.i32shl, W.i32add).setR(a),
}
