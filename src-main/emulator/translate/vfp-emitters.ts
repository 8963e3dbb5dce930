// Floating point in translated code: the results that are plain numbers, as execute/vfp.ts computes them. Whatever is
// not (NaNs, infinities, denormals, flush to zero, other rounding than to nearest) is computed by the interpreter's own
// function. Registers stay in memory.

import { FPSCR } from '../core/fpu.ts'
import { FIRST_COLD, FIRST_VFP, OP_NAMES } from '../opcodes.ts'
import { STATE } from '../memory.ts'
import { loadOffset, storeOffset, WORD_FAULT } from './accesses.ts'
import { IMPORT, LOCAL, type Body, type GuestInstruction } from './body.ts'
import type { Emitter, EmitterTable } from './emitter.ts'
import { ACCESS, W } from './wasm-encoder.ts'

const T0 = LOCAL.T
const T1 = LOCAL.T + 1
const D0 = LOCAL.D
const D1 = LOCAL.D + 1
const D2 = LOCAL.D + 2
const D3 = LOCAL.D + 3
const F0 = LOCAL.F
const F1 = LOCAL.F + 1
const PC = 15
const SIGN = 0x80000000 | 0
const LEAST_NORMAL = 2 ** -126
/** rounds to infinity in single precision from here on */
const OVERFLOW = 2 ** 128 - 2 ** 103

const registers = (imm: number) => ({ d: imm & 31, n: (imm >>> 5) & 31, m: (imm >>> 10) & 31 })
const word = (f: Body, register: number) => f.state(STATE.S + register)
const double = (f: Body, register: number) => f.state(STATE.S + register, ACCESS.f32load).op(W.f64promote)
const setWord = (f: Body, register: number, value: () => void) => f.setState(STATE.S + register, value)
const setSingle = (f: Body, register: number, value: () => void) =>
  f.setState(STATE.S + register, value, ACCESS.f32store)

const negated = (f: Body, negate: boolean) => (negate ? f.op(W.f64neg) : f)

const interpreted = (f: Body) => f.callInterpreter(IMPORT.VFP)

/** `fast` where operands are used as they are; it may branch to the label where the interpreter's function takes over. */
function unlessSpecial(f: Body, fast: (slow: number) => void): void {
  const done = f.block()
  const slow = f.block()
  f.state(STATE.FPSCR)
    .const(FPSCR.FZ | FPSCR.RMODE)
    .op(W.i32and)
    .brIf(slow)
  fast(slow)
  f.br(done)
  f.end()
  interpreted(f)
  f.end()
}

/** |local| below overflow, and above underflow or exactly zero; NaNs are neither. */
function requireOrdinary(f: Body, local: number, slow: number, zeroIsExact: boolean): void {
  f.get(local).op(W.f64abs).constDouble(OVERFLOW).op(W.f64lt, W.i32eqz).brIf(slow)
  f.get(local).op(W.f64abs).constDouble(LEAST_NORMAL).op(W.f64lt)
  if (zeroIsExact) f.get(local).constDouble(0).op(W.f64ne, W.i32and)
  f.brIf(slow)
}

/** Raises IXC where the flag on the stack is not zero. */
function raiseInexact(f: Body): void {
  f.const(4).op(W.i32shl).set(T0)
  f.setState(STATE.FPSCR, () => f.state(STATE.FPSCR).get(T0).op(W.i32or))
}

/** Pushes whether rounding the double to the single lost something. */
const lost = (f: Body, single: number, exact: number) => f.get(single).op(W.f64promote).get(exact).op(W.f64ne)

/** Pushes whether the sum of D0 and D1, in D2, was rounded as a double (TwoSum finds its error). */
function sumLost(f: Body): void {
  f.get(D2).get(D0).op(W.f64sub).set(D3)
  f.get(D0).get(D2).get(D3).op(W.f64sub, W.f64sub)
  f.get(D1).get(D3).op(W.f64sub, W.f64add).constDouble(0).op(W.f64ne)
}

/** D0 + D1 into register d; T1 is set where something was lost before. */
function addDoubles(f: Body, d: number, slow: number): void {
  f.get(D0).get(D1).op(W.f64add).set(D2)
  f.get(D2).op(W.f64abs).constDouble(OVERFLOW).op(W.f64lt, W.i32eqz).brIf(slow)
  f.get(D2).op(W.f32demote).set(F0)
  setSingle(f, d, () => f.get(F0))
  lost(f, F0, D2)
  sumLost(f)
  f.op(W.i32or).get(T1).op(W.i32or)
  raiseInexact(f)
}

const addition =
  (subtract: boolean): Emitter =>
  (f, { imm }) => {
    const { d, n, m } = registers(imm)
    unlessSpecial(f, (slow) => {
      double(f, n).set(D0)
      negated(double(f, m), subtract).set(D1)
      f.const(0).set(T1)
      addDoubles(f, d, slow)
    })
  }

/** The product of n and m, rounded, in F0; T1 tells whether that lost something. */
function multiplyRounded(f: Body, n: number, m: number, slow: number): void {
  double(f, n)
  double(f, m).op(W.f64mul).set(D2)
  requireOrdinary(f, D2, slow, true)
  f.get(D2).op(W.f32demote).set(F0)
  lost(f, F0, D2).set(T1)
}

const multiply: Emitter = (f, { imm }) => {
  const { d, n, m } = registers(imm)
  unlessSpecial(f, (slow) => {
    multiplyRounded(f, n, m, slow)
    setSingle(f, d, () => f.get(F0))
    f.get(T1)
    raiseInexact(f)
  })
}

const multiplyAccumulate =
  (negateSum: boolean, negateProduct: boolean): Emitter =>
  (f, { imm }) => {
    const { d, n, m } = registers(imm)
    unlessSpecial(f, (slow) => {
      multiplyRounded(f, n, m, slow)
      negated(double(f, d), negateSum).set(D0)
      negated(f.get(F0).op(W.f64promote), negateProduct).set(D1)
      addDoubles(f, d, slow)
    })
  }

const divide: Emitter = (f, { imm }) => {
  const { d, n, m } = registers(imm)
  unlessSpecial(f, (slow) => {
    double(f, n)
    double(f, m).op(W.f64div).set(D2)
    requireOrdinary(f, D2, slow, false)
    f.get(D2).op(W.f32demote).set(F0)
    setSingle(f, d, () => f.get(F0))
    lost(f, F0, D2)
    raiseInexact(f)
  })
}

const FLAGS_OF_FPSCR = 0x0fffffff
const EQUAL = 0x60000000
const LESS = 0x80000000 | 0
const GREATER = 0x20000000

/** Compares registers d and m, or d and zero. */
const compare =
  (withZero: boolean): Emitter =>
  (f, { imm }) => {
    const { d, m } = registers(imm)
    unlessSpecial(f, (slow) => {
      f.state(STATE.S + d, ACCESS.f32load).set(F0)
      if (withZero) f.constDouble(0).op(W.f32demote).set(F1)
      else f.state(STATE.S + m, ACCESS.f32load).set(F1)
      f.get(F0).get(F0).op(W.f32eq).get(F1).get(F1).op(W.f32eq, W.i32and, W.i32eqz).brIf(slow)
      f.const(LESS).const(GREATER).get(F0).get(F1).op(W.f32lt, W.select).set(T0)
      f.const(EQUAL).get(T0).get(F0).get(F1).op(W.f32eq, W.select).set(T0)
      f.setState(STATE.FPSCR, () => f.state(STATE.FPSCR).const(FLAGS_OF_FPSCR).op(W.i32and).get(T0).op(W.i32or))
    })
  }

const fromInteger: Emitter = (f, { a, imm }) => {
  const { d, m } = registers(imm)
  unlessSpecial(f, () => {
    word(f, m)
      .op(a ? W.f64converts : W.f64convertu)
      .set(D2)
    f.get(D2).op(W.f32demote).set(F0)
    setSingle(f, d, () => f.get(F0))
    lost(f, F0, D2)
    raiseInexact(f)
  })
}

const transferRegister = ({ a, c }: GuestInstruction) => a | ((c & 1) << 4)

const ROWS: EmitterTable = {
  VLDR: (f, i) => {
    if (i.b === PC) f.const((f.address + 4) & ~3)
    else f.r(i.b)
    f.const(i.imm).op(W.i32add).set(T0)
    loadOffset(f, WORD_FAULT)
    setWord(f, transferRegister(i), () => f.get(T1).access(ACCESS.i32load))
  },
  VSTR: (f, i) => {
    f.r(i.b).const(i.imm).op(W.i32add).set(T0)
    storeOffset(f, WORD_FAULT)
    word(f.get(T1), transferRegister(i)).access(ACCESS.i32store)
  },
  VMRS_APSR: (f) => {
    f.state(STATE.FPSCR).tee(T0).set(LOCAL.N)
    const flag = (position: number) => f.get(T0).const(position).op(W.i32shru).const(1).op(W.i32and)
    flag(30).const(1).op(W.i32xor).set(LOCAL.Z)
    flag(29).set(LOCAL.C)
    flag(28).set(LOCAL.V)
  },
  VMLA: multiplyAccumulate(false, false),
  VMLS: multiplyAccumulate(false, true),
  VNMLA: multiplyAccumulate(true, true),
  VNMLS: multiplyAccumulate(true, false),
  VMUL: multiply,
  VADD: addition(false),
  VSUB: addition(true),
  VDIV: divide,
  VMOV_I: (f, { a, b, imm }) => void setWord(f, a | (b << 4), () => f.const(imm)),
  VMOV: (f, { imm }) => void setWord(f, registers(imm).d, () => word(f, registers(imm).m)),
  VABS: (f, { imm }) => void setWord(f, registers(imm).d, () => word(f, registers(imm).m).const(~SIGN).op(W.i32and)),
  VNEG: (f, { imm }) => void setWord(f, registers(imm).d, () => word(f, registers(imm).m).const(SIGN).op(W.i32xor)),
  VCMP: compare(false),
  VCMP_ZERO: compare(true),
  VCVT_FROM_INT: fromInteger,
  VMOV_TO_CORE: (f, { a, imm }) => void word(f, registers(imm).n).setR(a),
  VMOV_FROM_CORE: (f, { a, imm }) => void setWord(f, registers(imm).n, () => f.r(a)),
}

/** A row for every opcode that execute/vfp.ts knows, and the three that the interpreter does itself. */
export const VFP_EMITTERS: EmitterTable = {
  ...Object.fromEntries(OP_NAMES.slice(FIRST_VFP, FIRST_COLD).map((name) => [name, interpreted])),
  ...ROWS,
}
