// Parts of a word: bit fields, extension, saturation, reversal, packing.

import { IMPORT, LOCAL, type Body, type GuestInstruction } from './body.ts'
import { PC, T0, T1, type Emitter, type EmitterTable } from './emitter.ts'
import { W } from './wasm-encoder.ts'

const { Q } = LOCAL

const rotated = (f: Body, { b, imm: by }: GuestInstruction) => {
  f.r(b)
  if (by !== 0) f.const(by).op(W.i32rotr)
}

/** Two bytes of the word on the stack, sign-extended into halves. */
function bytesToHalves(f: Body): void {
  f.tee(T0).op(W.i32extend8).const(0xffff).op(W.i32and)
  f.get(T0).const(8).op(W.i32shl).const(24).op(W.i32shrs).const(16).op(W.i32shl, W.i32or)
}

/** Field d of EXTEND and EXTEND_ADD (decode/thumb32-dsp.ts); the pairwise ones are left to the interpreter's code. */
function extension(f: Body, kind: number): void {
  if (kind === 0) f.op(W.i32extend16)
  else if (kind === 1) f.const(0xffff).op(W.i32and)
  else if (kind === 4) f.op(W.i32extend8)
  else f.const(0xff).op(W.i32and)
}
const PAIRWISE = new Set([2, 3])

const extend: Emitter = (f, i) => {
  if (PAIRWISE.has(i.d)) return f.callInterpreter(IMPORT.DSP)
  rotated(f, i)
  extension(f, i.d)
  f.setR(i.a)
}
const extendAdd: Emitter = (f, i) => {
  if (PAIRWISE.has(i.d)) return f.callInterpreter(IMPORT.DSP)
  rotated(f, i)
  extension(f, i.d)
  f.r(i.c).op(W.i32add).setR(i.a)
}

/** SSAT and USAT: imm = bits | shift << 8, c is 1 for ASR. */
const saturate =
  (signed: boolean): Emitter =>
  (f, { a, b, c, imm: operands }) => {
    const bits = operands & 255
    const by = operands >>> 8
    const top = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1
    const bottom = signed ? -(2 ** (bits - 1)) : 0
    f.r(b)
    if (by !== 0) f.const(by).op(c & 1 ? W.i32shrs : W.i32shl)
    f.tee(T0).const(top).get(T0).const(top).op(W.i32lts, W.select).set(T1)
    f.get(T1).const(bottom).get(T1).const(bottom).op(W.i32ges, W.select).tee(T1)
    f.get(T0).op(W.i32ne).get(Q).op(W.i32or).set(Q)
    f.get(T1).setR(a)
  }

const reverse: Emitter = (f, { a, b }) => {
  f.r(b)
    .const(8)
    .op(W.i32rotr)
    .const(0xff00ff00 | 0)
    .op(W.i32and)
  f.r(b).const(24).op(W.i32rotr).const(0x00ff00ff).op(W.i32and, W.i32or).setR(a)
}

/** imm = lowest bit | width << 8 */
function bitField(f: Body, field: number, shift: number): Body {
  const width = field >>> 8
  f.const((32 - (field & 255) - width) & 31).op(W.i32shl)
  f.const((32 - width) & 31).op(shift)
  return f
}

export const FIELD_EMITTERS: EmitterTable = {
  SXTB16: (f, i) => {
    rotated(f, i)
    bytesToHalves(f)
    f.setR(i.a)
  },
  SXTB: (f, { a, b }) => f.r(b).op(W.i32extend8).setR(a),
  SXTH: (f, { a, b }) => f.r(b).op(W.i32extend16).setR(a),
  UXTB: (f, { a, b }) => f.r(b).const(0xff).op(W.i32and).setR(a),
  UXTH: (f, { a, b }) => f.r(b).const(0xffff).op(W.i32and).setR(a),
  CLZ: (f, { a, b }) => f.r(b).op(W.i32clz).setR(a),
  UBFX: (f, { a, b, imm: field }) => bitField(f.r(b), field, W.i32shru).setR(a),
  SBFX: (f, { a, b, imm: field }) => bitField(f.r(b), field, W.i32shrs).setR(a),
  BFI: (f, { a, b, imm: field }) => {
    const mask = (0xffffffff >>> (32 - (field >>> 8))) << (field & 255)
    f.r(a).const(~mask).op(W.i32and)
    if (b !== PC) {
      f.r(b)
        .const(field & 255)
        .op(W.i32shl)
        .const(mask)
        .op(W.i32and, W.i32or)
    }
    f.setR(a)
  },
  EXTEND: extend,
  EXTEND_ADD: extendAdd,
  REV: reverse,
  SSAT: saturate(true),
  USAT: saturate(false),
  PKHBT: (f, { a, b, c, imm: by }) => {
    f.r(b).const(0xffff).op(W.i32and)
    f.r(c).const(by).op(W.i32shl).const(~0xffff).op(W.i32and, W.i32or).setR(a)
  },
  PKHTB: (f, { a, b, c, imm: by }) => {
    f.r(b).const(~0xffff).op(W.i32and)
    f.r(c)
      .const(by === 32 ? 31 : by)
      .op(W.i32shrs)
      .const(0xffff)
      .op(W.i32and, W.i32or)
      .setR(a)
  },
}
