// 32-bit Thumb: register data processing, multiplication and the DSP extension.
// Source: ARM DDI 0403 (Armv7-M ARM), A5.3.12 to A5.3.17.

import { OP } from '../opcodes.ts'
import { encoding, instruction as ins, type Encoding, type Fields, type Instruction } from './pattern.ts'

const PC = 15

/** EXTEND's field c: what is taken of the rotated register. */
export const EXTENSION = { SXTH: 0, UXTH: 1, SXTB16: 2, UXTB16: 3, SXTB: 4, UXTB: 5 } as const

/** Extensions that have an opcode of their own when nothing is rotated or added. */
const PLAIN_EXTENSION: Readonly<Record<number, number>> = {
  [EXTENSION.SXTH]: OP.SXTH,
  [EXTENSION.UXTH]: OP.UXTH,
  [EXTENSION.SXTB]: OP.SXTB,
  [EXTENSION.UXTB]: OP.UXTB,
}

function extend({ o, n, d, r, m }: Fields): Instruction | undefined {
  if (o > 5) return undefined
  if (n !== PC) return ins(OP.EXTEND_ADD, d, m, n, r * 8, o)
  if (o === EXTENSION.SXTB16) return ins(OP.SXTB16, d, m, 0, r * 8)
  const plain = r === 0 ? PLAIN_EXTENSION[o] : undefined
  return plain === undefined ? ins(OP.EXTEND, d, m, 0, r * 8, o) : ins(plain, d, m)
}

/** 000 … 111 of '11111011 0': [with accumulator, without]. `x` and `y` choose halves, X or rounding. */
function multiply({ o, n, a, d, x, y, m }: Fields): Instruction | undefined {
  const accumulate = a !== PC
  const xy = x * 2 + y
  switch (o) {
    case 0:
      if (xy === 1) return ins(OP.MLS, d, n, m, 0, a)
      if (xy > 1) return undefined
      return accumulate ? ins(OP.MLA, d, n, m, 0, a) : ins(OP.MUL, d, n, m)
    case 1:
      return accumulate ? ins(OP.SMLA_XY, d, n, m, xy, a) : ins(OP.SMUL_XY, d, n, m, xy)
    case 2:
      if (x) return undefined
      if (!accumulate) return ins(OP.SMUAD, d, n, m, y)
      return y ? ins(OP.SMLADX, d, n, m, 0, a) : ins(OP.SMLAD, d, n, m, 0, a)
    case 3:
      if (x) return undefined
      return accumulate ? ins(OP.SMLAW, d, n, m, y, a) : ins(OP.SMULW, d, n, m, y)
    case 4:
      if (x) return undefined
      return accumulate ? ins(OP.SMLSD, d, n, m, y, a) : ins(OP.SMUSD, d, n, m, y)
    case 5:
      if (x) return undefined
      return accumulate ? ins(OP.SMMLA, d, n, m, y, a) : ins(OP.SMMUL, d, n, m, y)
    case 6:
      return x ? undefined : ins(OP.SMMLS, d, n, m, y, a)
    default:
      return xy ? undefined : ins(OP.USAD8, d, n, m, accumulate ? 1 : 0, a)
  }
}

/** Long multiplication: a = low result, d = high result. */
function multiplyLong({ o, n, l, h, p, m }: Fields): Instruction | undefined {
  const long = (op: number, imm = 0) => ins(op, l, n, m, imm, h)
  switch (o) {
    case 0:
      return p === 0 ? long(OP.SMULL) : undefined
    case 1:
      return p === 15 ? ins(OP.SDIV, h, n, m) : undefined
    case 2:
      return p === 0 ? long(OP.UMULL) : undefined
    case 3:
      return p === 15 ? ins(OP.UDIV, h, n, m) : undefined
    case 4:
      if (p === 0) return long(OP.SMLAL)
      if (p >>> 2 === 2) return long(OP.SMLAL_XY, p & 3)
      return p >>> 1 === 6 ? long(OP.SMLALD, p & 1) : undefined
    case 5:
      return p >>> 1 === 6 ? long(OP.SMLSLD, p & 1) : undefined
    case 6:
      if (p === 0) return long(OP.UMLAL)
      return p === 6 ? long(OP.UMAAL) : undefined
    default:
      return undefined
  }
}

/** PARALLEL's imm: operation | prefix << 4 | unsigned << 8; prefix 0 plain (sets GE), 1 saturating, 2 halving. */
export const PARALLEL_OPERATION = { ADD8: 0, ADD16: 1, ASX: 2, SUB8: 4, SUB16: 5, SAX: 6 } as const

const parallel = ({ o, n, d, u, p, m }: Fields) =>
  o === 3 || o === 7 || p === 3 ? undefined : ins(OP.PARALLEL, d, n, m, o | (p << 4) | (u << 8))

export const THUMB32_DSP: readonly Encoding[] = [
  // shift by register: imm is the type (LSL, LSR, ASR, ROR)
  encoding('111110100 tt s nnnn 1111 dddd 0000 mmmm', ({ t, s, n, d, m }) =>
    ins(s ? OP.SHIFTS_R : OP.SHIFT_R, d, n, m, t),
  ),
  encoding('111110100 ooo nnnn 1111 dddd 1.rr mmmm', extend),
  encoding('111110101 ooo nnnn 1111 dddd 0 u pp mmmm', parallel),
  // imm: 0 QADD, 1 QDADD, 2 QSUB, 3 QDSUB; the manual's operands are Rm, Rn
  encoding('111110101000 nnnn 1111 dddd 10 oo mmmm', ({ o, n, d, m }) => ins(OP.SATURATING, d, m, n, o)),
  encoding('111110101001 .... 1111 dddd 1000 mmmm', ({ d, m }) => ins(OP.REV, d, m)),
  encoding('111110101001 .... 1111 dddd 1001 mmmm', ({ d, m }) => ins(OP.REV16, d, m)),
  encoding('111110101001 .... 1111 dddd 1010 mmmm', ({ d, m }) => ins(OP.RBIT, d, m)),
  encoding('111110101001 .... 1111 dddd 1011 mmmm', ({ d, m }) => ins(OP.REVSH, d, m)),
  encoding('111110101010 nnnn 1111 dddd 1000 mmmm', ({ n, d, m }) => ins(OP.SEL, d, n, m)),
  encoding('111110101011 .... 1111 dddd 1000 mmmm', ({ d, m }) => ins(OP.CLZ, d, m)),
  encoding('111110110 ooo nnnn aaaa dddd 00 x y mmmm', multiply),
  encoding('111110111 ooo nnnn llll hhhh pppp mmmm', multiplyLong),
]
