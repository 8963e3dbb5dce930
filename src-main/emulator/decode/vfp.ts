// FPv4-SP encodings. Source: ARM DDI 0403 (Armv7-M ARM), A6.4 to A6.6.
// Register-only instructions carry their registers in imm: d | n << 5 | m << 10, and `a` for a variant.

import { OP } from '../opcodes.ts'
import { encoding, instruction as ins, type Encoding, type Fields, type Instruction } from './pattern.ts'

const PC = 15

/** A single register's number has its lowest bit apart from the other four: e, g, h are D, N, M of the manual. */
const single = (four: number, lowest: number) => (four << 1) | lowest

const arithmetic =
  (...ops: number[]) =>
  ({ d, e, n, g, m, h, o }: Fields): Instruction | undefined =>
    ops[o] === undefined ? undefined : ins(ops[o], 0, 0, 0, single(d, e) | (single(n, g) << 5) | (single(m, h) << 10))

const unary =
  (op: number, variant = 0) =>
  ({ d, e, m, h, o = variant }: Fields) =>
    ins(op, o, 0, 0, single(d, e) | (single(m, h) << 10))

/** VFPExpandImm for single precision: abcdefgh -> sign, NOT(b), five copies of b, cdefgh, 19 zeros. */
function expandImmediate(i: number): number {
  const b = (i >>> 6) & 1
  return ((i & 0x80) << 24) | ((b ^ 1) << 30) | ((b ? 0x1f : 0) << 25) | ((i & 0x3f) << 19)
}

/** Fixed point: a = 1 signed | 2 for 32 bits, b and c the number of fraction bits. */
function fixed(op: number) {
  return ({ u, d, e, s, i, j }: Fields) => {
    const fraction = (s ? 32 : 16) - ((i << 1) | j)
    return fraction < 0 ? undefined : ins(op, (u ^ 1) | (s << 1), fraction & 15, fraction >>> 4, single(d, e))
  }
}

/** VLDM and VSTM: imm = first single register | count << 8 | (bit 16: write-back, bit 17: decrement before). */
function multiple(op: number, first: number, words: number, f: Fields): Instruction | undefined {
  const { p, u, w, n } = f
  if (words === 0 || first + words > 32) return undefined
  if (p === u || (p && !w)) return undefined
  return ins(op, 0, n, 0, first | (words << 8) | (w << 16) | (p << 17))
}

const offset = ({ u, i }: Fields) => (u ? i : -i) * 4

/** Loads and stores of one register: c and d hold its number, so that imm can hold the offset. */
const one = (op: number, f: Fields, register: number) =>
  ins(op, register & 15, f.n, register >>> 4, offset(f), f.n === PC ? 1 : 0)

export const VFP: readonly Encoding[] = [
  encoding('11101100010 l ssss tttt 101000 h 1 mmmm', ({ l, s, t, m, h }) =>
    single(m, h) === 31
      ? undefined
      : ins(l ? OP.VMOV_PAIR_TO_CORE : OP.VMOV_PAIR_FROM_CORE, t, s, 0, single(m, h) << 10),
  ),
  encoding('11101100010 l ssss tttt 10110001 mmmm', ({ l, s, t, m }) =>
    ins(l ? OP.VMOV_PAIR_TO_CORE : OP.VMOV_PAIR_FROM_CORE, t, s, 0, (m * 2) << 10),
  ),
  encoding('11101101 u e 01 nnnn dddd 1010 iiiiiiii', (f) => one(OP.VLDR, f, single(f.d, f.e))),
  encoding('11101101 u e 00 nnnn dddd 1010 iiiiiiii', (f) => one(OP.VSTR, f, single(f.d, f.e))),
  encoding('11101101 u 0 01 nnnn dddd 1011 iiiiiiii', (f) => one(OP.VLDR_D, f, f.d * 2)),
  encoding('11101101 u 0 00 nnnn dddd 1011 iiiiiiii', (f) => one(OP.VSTR_D, f, f.d * 2)),
  encoding('1110110 p u e w 1 nnnn dddd 1010 iiiiiiii', (f) => multiple(OP.VLDM, single(f.d, f.e), f.i, f)),
  encoding('1110110 p u e w 0 nnnn dddd 1010 iiiiiiii', (f) => multiple(OP.VSTM, single(f.d, f.e), f.i, f)),
  encoding('1110110 p u 0 w 1 nnnn dddd 1011 iiiiiii 0', (f) => multiple(OP.VLDM, f.d * 2, f.i * 2, f)),
  encoding('1110110 p u 0 w 0 nnnn dddd 1011 iiiiiii 0', (f) => multiple(OP.VSTM, f.d * 2, f.i * 2, f)),
  encoding('111011100 e 00 nnnn dddd 1010 g o h 0 mmmm', arithmetic(OP.VMLA, OP.VMLS)),
  encoding('111011100 e 01 nnnn dddd 1010 g o h 0 mmmm', arithmetic(OP.VNMLS, OP.VNMLA)),
  encoding('111011100 e 10 nnnn dddd 1010 g o h 0 mmmm', arithmetic(OP.VMUL, OP.VNMUL)),
  encoding('111011100 e 11 nnnn dddd 1010 g o h 0 mmmm', arithmetic(OP.VADD, OP.VSUB)),
  encoding('111011101 e 00 nnnn dddd 1010 g o h 0 mmmm', arithmetic(OP.VDIV)),
  encoding('111011101 e 01 nnnn dddd 1010 g o h 0 mmmm', arithmetic(OP.VFNMS, OP.VFNMA)),
  encoding('111011101 e 10 nnnn dddd 1010 g o h 0 mmmm', arithmetic(OP.VFMA, OP.VFMS)),
  encoding('111011101 e 11 iiii dddd 1010 .0.0 iiii', ({ e, i, d }) =>
    ins(OP.VMOV_I, single(d, e) & 15, single(d, e) >>> 4, 0, expandImmediate(i)),
  ),
  encoding('111011101 e 11 0000 dddd 1010 01 h 0 mmmm', unary(OP.VMOV)),
  encoding('111011101 e 11 0000 dddd 1010 11 h 0 mmmm', unary(OP.VABS)),
  encoding('111011101 e 11 0001 dddd 1010 01 h 0 mmmm', unary(OP.VNEG)),
  encoding('111011101 e 11 0001 dddd 1010 11 h 0 mmmm', unary(OP.VSQRT)),
  // o: the top half
  encoding('111011101 e 11 0010 dddd 1010 o 1 h 0 mmmm', unary(OP.VCVTB_FROM_HALF)),
  encoding('111011101 e 11 0011 dddd 1010 o 1 h 0 mmmm', unary(OP.VCVTB_TO_HALF)),
  // o: signal quiet NaNs too
  encoding('111011101 e 11 0100 dddd 1010 o 1 h 0 mmmm', unary(OP.VCMP)),
  encoding('111011101 e 11 0101 dddd 1010 o 1 . 0 ....', ({ d, e, o }) => ins(OP.VCMP_ZERO, o, 0, 0, single(d, e))),
  // o: the integer is signed
  encoding('111011101 e 11 1000 dddd 1010 o 1 h 0 mmmm', unary(OP.VCVT_FROM_INT)),
  // a = signed | round toward zero << 1
  encoding('111011101 e 11 110 s dddd 1010 o 1 h 0 mmmm', ({ d, e, m, h, s, o }) =>
    ins(OP.VCVT_TO_INT, s | (o << 1), 0, 0, single(d, e) | (single(m, h) << 10)),
  ),
  encoding('111011101 e 11 101 u dddd 1010 s 1 j 0 iiii', fixed(OP.VCVT_FROM_FIXED)),
  encoding('111011101 e 11 111 u dddd 1010 s 1 j 0 iiii', fixed(OP.VCVT_TO_FIXED)),
  encoding('111011100000 nnnn tttt 1010 g 001 0000', ({ n, g, t }) =>
    ins(OP.VMOV_FROM_CORE, t, 0, 0, single(n, g) << 5),
  ),
  encoding('111011100001 nnnn tttt 1010 g 001 0000', ({ n, g, t }) => ins(OP.VMOV_TO_CORE, t, 0, 0, single(n, g) << 5)),
  // one half of a double register
  encoding('1110111000 x 0 nnnn tttt 1011 0 001 0000', ({ n, x, t }) =>
    ins(OP.VMOV_FROM_CORE, t, 0, 0, single(n, x) << 5),
  ),
  encoding('1110111000 x 1 nnnn tttt 1011 0 001 0000', ({ n, x, t }) =>
    ins(OP.VMOV_TO_CORE, t, 0, 0, single(n, x) << 5),
  ),
  encoding('1110111011110001 1111 1010 00010000', () => ins(OP.VMRS_APSR)),
  encoding('1110111011110001 tttt 1010 00010000', ({ t }) => ins(OP.VMRS, t)),
  encoding('1110111011100001 tttt 1010 00010000', ({ t }) => ins(OP.VMSR, t)),
]
