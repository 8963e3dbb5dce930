// Moves, addition, subtraction, comparison and logic with immediates and registers.

import { LOCAL } from './body.ts'
import { imm, literalAddress, not, plain, rb, rc, type Emitter, type EmitterTable, type Operand } from './emitter.ts'
import { addCarryFlags, addFlags, immediateCarry, logicFlags, setNZ, subtractFlags, withFlags } from './flags.ts'
import { W } from './wasm-encoder.ts'

const { C } = LOCAL

const plusCarry =
  (x: Operand, y: Operand): Emitter =>
  (f, i) => {
    x(f, i)
    y(f, i)
    f.op(W.i32add).get(C).op(W.i32add).setR(i.a)
  }

export const ARITHMETIC_EMITTERS: EmitterTable = {
  MOV_I: (f, { a, imm: value }) => f.const(value).setR(a),
  MOVS_I: (f, i) => {
    f.const(i.imm)
    setNZ(f)
    f.const(i.imm).setR(i.a)
    immediateCarry(f, i)
  },
  MOVT: (f, { a, imm: value }) => f.r(a).const(0xffff).op(W.i32and).const(value).op(W.i32or).setR(a),
  MOV_R: (f, { a, b }) => f.r(b).setR(a),
  MOVS_R: (f, { a, b }) => setNZ(f.r(b).teeR(a)),
  MVN_R: (f, { a, b }) => f.r(b).const(-1).op(W.i32xor).setR(a),
  MVNS_R: (f, { a, b }) => setNZ(f.r(b).const(-1).op(W.i32xor).teeR(a)),
  ADD_I: plain(rb, imm, W.i32add),
  ADDS_I: withFlags(rb, imm, addFlags),
  ADD_R: plain(rb, rc, W.i32add),
  ADDS_R: withFlags(rb, rc, addFlags),
  SUB_R: plain(rb, rc, W.i32sub),
  SUBS_I: withFlags(rb, imm, subtractFlags),
  SUBS_R: withFlags(rb, rc, subtractFlags),
  ADC_I: plusCarry(rb, imm),
  ADCS_I: withFlags(rb, imm, addCarryFlags),
  ADC_R: plusCarry(rb, rc),
  ADCS_R: withFlags(rb, rc, addCarryFlags),
  SBC_R: plusCarry(rb, not(rc)),
  SBCS_R: withFlags(rb, not(rc), addCarryFlags),
  RSB_I: plain(imm, rb, W.i32sub),
  RSBS_I: withFlags(imm, rb, subtractFlags),
  CMP_I: withFlags(rb, imm, subtractFlags, false),
  CMP_R: withFlags(rb, rc, subtractFlags, false),
  CMN_I: withFlags(rb, imm, addFlags, false),
  CMN_R: withFlags(rb, rc, addFlags, false),
  AND_I: plain(rb, imm, W.i32and),
  ANDS_I: logicFlags(rb, imm, W.i32and, { carry: true }),
  AND_R: plain(rb, rc, W.i32and),
  ANDS_R: logicFlags(rb, rc, W.i32and),
  ORR_I: plain(rb, imm, W.i32or),
  ORRS_I: logicFlags(rb, imm, W.i32or, { carry: true }),
  ORR_R: plain(rb, rc, W.i32or),
  ORRS_R: logicFlags(rb, rc, W.i32or),
  EOR_I: plain(rb, imm, W.i32xor),
  EORS_I: logicFlags(rb, imm, W.i32xor, { carry: true }),
  EOR_R: plain(rb, rc, W.i32xor),
  EORS_R: logicFlags(rb, rc, W.i32xor),
  BIC_R: plain(rb, not(rc), W.i32and),
  BICS_R: logicFlags(rb, not(rc), W.i32and),
  TST_I: logicFlags(rb, imm, W.i32and, { writes: false, carry: true }),
  TST_R: logicFlags(rb, rc, W.i32and, { writes: false }),
  TEQ_I: logicFlags(rb, imm, W.i32xor, { writes: false, carry: true }),
  ADR: (f, { a, imm: offset }) => f.const(literalAddress(f, offset)).setR(a),
}
