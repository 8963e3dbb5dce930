// Multiplication, multiply-accumulate and division.

import { LOCAL, type Body, type GuestInstruction } from './body.ts'
import { L0, plain, rb, rc, T0, T1, T2, T3, type Emitter, type EmitterTable } from './emitter.ts'
import { setNZ } from './flags.ts'
import { W } from './wasm-encoder.ts'

const { Q } = LOCAL

/** 64-bit product of registers b and c. */
const product = (f: Body, { b, c }: GuestInstruction, extend: number) => f.r(b).op(extend).r(c).op(extend, W.i64mul)

const longMultiply =
  (extend: number): Emitter =>
  (f, i) => {
    product(f, i, extend).set(L0)
    f.get(L0).op(W.i32wrap).setR(i.a)
    f.get(L0).const64(32).op(W.i64shru, W.i32wrap).setR(i.d)
  }
const longAccumulate =
  (extend: number): Emitter =>
  (f, i) => {
    // Both halves in one register: what comes out depends on the order of the interpreter's writes.
    if (i.a === i.d) f.leave()
    f.r(i.d).op(W.i64extendu).const64(32).op(W.i64shl).r(i.a).op(W.i64extendu, W.i64or)
    product(f, i, extend).op(W.i64add).set(L0)
    f.get(L0).op(W.i32wrap).setR(i.a)
    f.get(L0).const64(32).op(W.i64shru, W.i32wrap).setR(i.d)
  }

/** Cycles by the operands, as cycle-table.ts counts them; dividend and divisor without sign in T2 and T3. */
function divideCycles(f: Body): void {
  f.get(T3).op(W.i32clz).get(T2).op(W.i32clz, W.i32sub).const(1).op(W.i32add).tee(T2)
  f.const(0).op(W.i32les).if()
  f.else()
  f.get(LOCAL.LEFT).get(T2).const(10).op(W.i32mul).const(31).op(W.i32add).const(5).op(W.i32shrs)
  f.op(W.i32sub).set(LOCAL.LEFT)
  f.end()
}

const divide =
  (signed: boolean): Emitter =>
  (f, { a, b, c }) => {
    const magnitude = (from: number, to: number) => {
      if (signed) f.const(0).get(from).op(W.i32sub).get(from).get(from).const(0).op(W.i32lts, W.select).set(to)
      else f.get(from).set(to)
    }
    // Division by zero may trap: the interpreter knows.
    f.r(c).tee(T1).op(W.i32eqz).leaveIf()
    f.r(b).set(T0)
    magnitude(T0, T2)
    magnitude(T1, T3)
    if (signed) {
      f.get(T1).const(-1).op(W.i32eq).if()
      f.const(0).get(T0).op(W.i32sub).setR(a)
      f.else().get(T0).get(T1).op(W.i32divs).setR(a).end()
    } else f.get(T0).get(T1).op(W.i32divu).setR(a)
    divideCycles(f)
  }

const low16 = (f: Body, register: number) => f.r(register).op(W.i32extend16)
const high16 = (f: Body, register: number) => f.r(register).const(16).op(W.i32shrs)

/** The sum in L0 to register a, with Q where it does not fit a word. */
function saturatingWord(f: Body, a: number): void {
  f.get(L0).op(W.i32wrap).tee(T0).op(W.i64extends).get(L0).op(W.i64ne).get(Q).op(W.i32or).set(Q)
  f.get(T0).setR(a)
}

const dualMultiply = (f: Body, { b, c, d }: GuestInstruction) => {
  low16(f, b)
  low16(f, c).op(W.i32mul, W.i64extends)
  high16(f, b)
  high16(f, c).op(W.i32mul, W.i64extends, W.i64add)
  f.r(d).op(W.i64extends, W.i64add).set(L0)
}

const half = (f: Body, register: number, top: number) => (top ? high16(f, register) : low16(f, register))

export const MULTIPLY_EMITTERS: EmitterTable = {
  MUL: plain(rb, rc, W.i32mul),
  MULS: (f, { a, b, c }) => setNZ(f.r(b).r(c).op(W.i32mul).teeR(a)),
  MLA: (f, { a, b, c, d }) => f.r(b).r(c).op(W.i32mul).r(d).op(W.i32add).setR(a),
  MLS: (f, { a, b, c, d }) => f.r(d).r(b).r(c).op(W.i32mul, W.i32sub).setR(a),
  UMULL: longMultiply(W.i64extendu),
  SMULL: longMultiply(W.i64extends),
  UMLAL: longAccumulate(W.i64extendu),
  SMLAL: longAccumulate(W.i64extends),
  SDIV: divide(true),
  UDIV: divide(false),
  SMLAD: (f, i) => {
    dualMultiply(f, i)
    saturatingWord(f, i.a)
  },
  SMUL_XY: (f, { a, b, c, imm: halves }) => {
    half(f, b, halves & 2)
    half(f, c, halves & 1)
      .op(W.i32mul)
      .setR(a)
  },
  SMLA_XY: (f, { a, b, c, d, imm: halves }) => {
    half(f, b, halves & 2)
    half(f, c, halves & 1).op(W.i32mul, W.i64extends)
    f.r(d).op(W.i64extends, W.i64add).set(L0)
    saturatingWord(f, a)
  },
  SMMUL: (f, i) => {
    product(f, i, W.i64extends)
    if (i.imm) f.const64(1).const64(31).op(W.i64shl, W.i64add)
    f.const64(32).op(W.i64shrs, W.i32wrap).setR(i.a)
  },
}
