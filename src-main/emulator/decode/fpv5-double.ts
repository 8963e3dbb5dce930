// FPv5's double precision: the encodings of single precision with bit 8 set, and the conversions between the two.
// Source: ARM DDI 0403E.e (Armv7-M ARM), A6.4 and A7.7. There are 16 double registers, so that the bits D, N and M of the
// manual are 0; imm = d | n << 5 | m << 10 as in vfp.ts, in numbers of the register file each belongs to.

import { OP } from '../opcodes.ts'
import { ROUND } from '../core/fpu.ts'
import { DIRECTED, SELECT_CONDITIONS } from './fpv5.ts'
import { encoding, instruction as ins, type Encoding, type Fields } from './pattern.ts'

const two = ({ d, m }: Fields) => d | (m << 10)
const three = (f: Fields) => two(f) | (f.n << 5)

const arithmetic =
  (...ops: number[]) =>
  (f: Fields) =>
    ops[f.o] === undefined ? undefined : ins(ops[f.o]!, 0, 0, 0, three(f))

/** a: a variant, from the field o where the encoding has one */
const unary =
  (op: number, variant = 0) =>
  ({ d, m, o = variant }: Fields) =>
    ins(op, o, 0, 0, d | (m << 10))

const single = (four: number, lowest: number) => (four << 1) | lowest
/** from a single register into a double one */
const widening =
  (op: number) =>
  ({ d, m, h, o = 0 }: Fields) =>
    ins(op, o, 0, 0, d | (single(m, h) << 10))
/** from a double register into a single one */
const narrowing = (op: number, a: number, b: number, f: Fields) => ins(op, a, b, 0, single(f.d, f.e) | (f.m << 10))

/** VFPExpandImm's upper word: abcdefgh -> sign, NOT(b), eight copies of b, cdefgh, and zeros. */
function expandImmediate(i: number): number {
  const b = (i >>> 6) & 1
  return ((i & 0x80) << 24) | ((b ^ 1) << 30) | ((b ? 0xff : 0) << 22) | ((i & 0x3f) << 16)
}

/** Fixed point: a = 1 signed | 2 for 32 bits, b and c the number of fraction bits. */
const fixed =
  (op: number) =>
  ({ u, d, s, i, j }: Fields) => {
    const fraction = (s ? 32 : 16) - ((i << 1) | j)
    return fraction < 0 ? undefined : ins(op, (u ^ 1) | (s << 1), fraction & 15, fraction >>> 4, d)
  }

export const FPV5_DOUBLE: readonly Encoding[] = [
  encoding('111011100 0 00 nnnn dddd 1011 0 o 0 0 mmmm', arithmetic(OP.VMLA_D, OP.VMLS_D)),
  encoding('111011100 0 01 nnnn dddd 1011 0 o 0 0 mmmm', arithmetic(OP.VNMLS_D, OP.VNMLA_D)),
  encoding('111011100 0 10 nnnn dddd 1011 0 o 0 0 mmmm', arithmetic(OP.VMUL_D, OP.VNMUL_D)),
  encoding('111011100 0 11 nnnn dddd 1011 0 o 0 0 mmmm', arithmetic(OP.VADD_D, OP.VSUB_D)),
  encoding('111011101 0 00 nnnn dddd 1011 0 o 0 0 mmmm', arithmetic(OP.VDIV_D)),
  encoding('111011101 0 01 nnnn dddd 1011 0 o 0 0 mmmm', arithmetic(OP.VFNMS_D, OP.VFNMA_D)),
  encoding('111011101 0 10 nnnn dddd 1011 0 o 0 0 mmmm', arithmetic(OP.VFMA_D, OP.VFMS_D)),
  encoding('111011101 0 11 iiii dddd 1011 .0.0 iiii', ({ d, i }) => ins(OP.VMOV_I_D, d, 0, 0, expandImmediate(i))),
  encoding('111011101 0 11 0000 dddd 1011 01 0 0 mmmm', unary(OP.VMOV_D)),
  encoding('111011101 0 11 0000 dddd 1011 11 0 0 mmmm', unary(OP.VABS_D)),
  encoding('111011101 0 11 0001 dddd 1011 01 0 0 mmmm', unary(OP.VNEG_D)),
  encoding('111011101 0 11 0001 dddd 1011 11 0 0 mmmm', unary(OP.VSQRT_D)),
  // o: the top half
  encoding('111011101 0 11 0010 dddd 1011 o 1 h 0 mmmm', widening(OP.VCVTB_HALF_TO_D)),
  encoding('111011101 e 11 0011 dddd 1011 o 1 0 0 mmmm', (f) => narrowing(OP.VCVTB_D_TO_HALF, f.o, 0, f)),
  // o: signal quiet NaNs too
  encoding('111011101 0 11 0100 dddd 1011 o 1 0 0 mmmm', unary(OP.VCMP_D)),
  encoding('111011101 0 11 0101 dddd 1011 o 1 . 0 ....', ({ d, o }) => ins(OP.VCMP_ZERO_D, o, 0, 0, d)),
  encoding('111011101 0 110110 dddd 1011 z 1 0 0 mmmm', (f) =>
    ins(OP.VRINT_D, f.z ? ROUND.ZERO : ROUND.CURRENT, 0, 0, two(f)),
  ),
  encoding('111011101 0 110111 dddd 1011 01 0 0 mmmm', unary(OP.VRINT_D, ROUND.CURRENT_EXACT)),
  encoding('111011101 0 110111 dddd 1010 11 h 0 mmmm', widening(OP.VCVT_SINGLE_TO_D)),
  encoding('111011101 e 110111 dddd 1011 11 0 0 mmmm', (f) => narrowing(OP.VCVT_D_TO_SINGLE, 0, 0, f)),
  // o: the integer is signed
  encoding('111011101 0 11 1000 dddd 1011 o 1 h 0 mmmm', widening(OP.VCVT_INT_TO_D)),
  // a: how to round; b: the integer is signed
  encoding('111011101 e 11 110 s dddd 1011 o 1 0 0 mmmm', (f) =>
    narrowing(OP.VCVT_D_TO_INT, f.o ? ROUND.ZERO : ROUND.CURRENT, f.s, f),
  ),
  encoding('111111101 e 1111 rr dddd 1011 s 1 0 0 mmmm', (f) => narrowing(OP.VCVT_D_TO_INT, DIRECTED[f.r]!, f.s, f)),
  encoding('111111101 0 1110 rr dddd 1011 01 0 0 mmmm', (f) => ins(OP.VRINT_D, DIRECTED[f.r], 0, 0, two(f))),
  encoding('111011101 0 11 101 u dddd 1011 s 1 j 0 iiii', fixed(OP.VCVT_FIXED_TO_D)),
  encoding('111011101 0 11 111 u dddd 1011 s 1 j 0 iiii', fixed(OP.VCVT_D_TO_FIXED)),
  // a: the condition
  encoding('111111100 0 cc nnnn dddd 1011 0 0 0 0 mmmm', (f) => ins(OP.VSEL_D, SELECT_CONDITIONS[f.c], 0, 0, three(f))),
  encoding('111111101 0 00 nnnn dddd 1011 0 o 0 0 mmmm', arithmetic(OP.VMAXNM_D, OP.VMINNM_D)),
]
