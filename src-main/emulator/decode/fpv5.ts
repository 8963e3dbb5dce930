// What FPv5 adds to FPv4-SP in single precision. Source: ARM DDI 0403E.e (Armv7-M ARM), A7.7: VSEL, VMAXNM, VMINNM,
// VRINT*, VCVTA to VCVTM. Registers lie in imm as in vfp.ts.

import { OP } from '../opcodes.ts'
import { encoding, instruction as ins, type Encoding, type Fields } from './pattern.ts'

/** How an instruction rounds: FPSCR's four modes by their numbers, and those that only instructions have. */
export const ROUND = { NEAREST: 0, UP: 1, DOWN: 2, ZERO: 3, AWAY: 4, CURRENT: 5, CURRENT_EXACT: 6 } as const
/** the field RM of VRINTA to VRINTM and VCVTA to VCVTM */
export const DIRECTED = [ROUND.AWAY, ROUND.NEAREST, ROUND.UP, ROUND.DOWN] as const
/** the field cc of VSEL, as a condition code: EQ, VS, GE, GT */
export const SELECT_CONDITIONS = [0, 6, 10, 12] as const

const single = (four: number, lowest: number) => (four << 1) | lowest
const two = ({ d, e, m, h }: Fields) => single(d, e) | (single(m, h) << 10)
const three = (f: Fields) => two(f) | (single(f.n, f.g) << 5)

export const FPV5_SINGLE: readonly Encoding[] = [
  // a: the condition
  encoding('111111100 e cc nnnn dddd 1010 g 0 h 0 mmmm', (f) => ins(OP.VSEL, SELECT_CONDITIONS[f.c], 0, 0, three(f))),
  encoding('111111101 e 00 nnnn dddd 1010 g o h 0 mmmm', (f) => ins(f.o ? OP.VMINNM : OP.VMAXNM, 0, 0, 0, three(f))),
  // a: how to round; b: the integer is signed
  encoding('111111101 e 1110 rr dddd 1010 01 h 0 mmmm', (f) => ins(OP.VRINT, DIRECTED[f.r], 0, 0, two(f))),
  encoding('111111101 e 1111 rr dddd 1010 s 1 h 0 mmmm', (f) => ins(OP.VCVT_DIRECTED, DIRECTED[f.r], f.s, 0, two(f))),
  encoding('111011101 e 110110 dddd 1010 z 1 h 0 mmmm', (f) =>
    ins(OP.VRINT, f.z ? ROUND.ZERO : ROUND.CURRENT, 0, 0, two(f)),
  ),
  encoding('111011101 e 110111 dddd 1010 01 h 0 mmmm', (f) => ins(OP.VRINT, ROUND.CURRENT_EXACT, 0, 0, two(f))),
]
