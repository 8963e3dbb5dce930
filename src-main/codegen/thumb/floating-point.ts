// Single precision: what float kernels need of FPv4-SP. Source: ARM DDI 0403 (Armv7-M ARM), chapter A7.7. A register's
// number is spread over two fields: its upper four bits (d, n, m) and its lowest (e, o, q).

import { fixed, listBase, memory, negated, notPc, register, row, single, unsigned, type Form } from './forms.ts'

const [d, n, m] = [single('d', 'e'), single('n', 'o'), single('m', 'q')]
const [DNM, DM]: Form[][] = [
  [d, n, m],
  [d, m],
]
const OFFSET = unsigned(8, 4)
const SINGLES: Form = { kind: 'singles' }

export const FLOAT_MOVE = [
  row('vldr', [d, memory(notPc('b'), OFFSET)], '111011011 e 01 bbbb dddd 1010 iiiiiiii', 'A7.7.236 T2'),
  row('vldr', [d, memory(notPc('b'), negated(OFFSET))], '111011010 e 01 bbbb dddd 1010 iiiiiiii', 'A7.7.236 T2'),
  row('vstr', [d, memory(notPc('b'), OFFSET)], '111011011 e 00 bbbb dddd 1010 iiiiiiii', 'A7.7.259 T2'),
  row('vstr', [d, memory(notPc('b'), negated(OFFSET))], '111011010 e 00 bbbb dddd 1010 iiiiiiii', 'A7.7.259 T2'),
  row('vldm', [listBase(register('b'), false), SINGLES], '111011001 e 01 bbbb dddd 1010 llllllll', 'A7.7.235 T2'),
  row('vldm', [listBase(register('b'), true), SINGLES], '111011001 e 11 bbbb dddd 1010 llllllll', 'A7.7.235 T2'),
  row('vstm', [listBase(register('b'), false), SINGLES], '111011001 e 00 bbbb dddd 1010 llllllll', 'A7.7.258 T2'),
  row('vstm', [listBase(register('b'), true), SINGLES], '111011001 e 10 bbbb dddd 1010 llllllll', 'A7.7.258 T2'),
  row('vpush', [SINGLES], '111011010 e 101101 dddd 1010 llllllll', 'A7.7.252 T2'),
  row('vpop', [SINGLES], '111011001 e 111101 dddd 1010 llllllll', 'A7.7.251 T2'),
  row('vmov', [n, register('t')], '111011100000 nnnn tttt 1010 o 0010000', 'A7.7.243 T1'),
  row('vmov', [register('t'), n], '111011100001 nnnn tttt 1010 o 0010000', 'A7.7.243 T1'),
  row('vmov', DM!, '111011101 e 110000 dddd 1010 01 q 0 mmmm', 'A7.7.240 T2', { text: 'vmov.f32' }),
  row('vmov', [d, { kind: 'vfpConstant' }], '111011101 e 11 iiii dddd 10100000 iiii', 'A7.7.239 T1', {
    text: 'vmov.f32',
  }),
  row('vmrs', [fixed(0, 'APSR_nzcv'), fixed(0, 'fpscr')], '11101110111100011111101000010000', 'A7.7.246 T1'),
]

const f32 = (name: string) => ({ text: `${name}.f32` })

export const FLOAT_ARITHMETIC = [
  row('vadd', DNM!, '111011100 e 11 nnnn dddd 1010 o 0 q 0 mmmm', 'A7.7.225 T1', f32('vadd')),
  row('vsub', DNM!, '111011100 e 11 nnnn dddd 1010 o 1 q 0 mmmm', 'A7.7.260 T1', f32('vsub')),
  row('vmul', DNM!, '111011100 e 10 nnnn dddd 1010 o 0 q 0 mmmm', 'A7.7.248 T1', f32('vmul')),
  row('vnmul', DNM!, '111011100 e 10 nnnn dddd 1010 o 1 q 0 mmmm', 'A7.7.250 T2', f32('vnmul')),
  row('vmla', DNM!, '111011100 e 00 nnnn dddd 1010 o 0 q 0 mmmm', 'A7.7.238 T1', f32('vmla')),
  row('vmls', DNM!, '111011100 e 00 nnnn dddd 1010 o 1 q 0 mmmm', 'A7.7.238 T1', f32('vmls')),
  row('vfma', DNM!, '111011101 e 10 nnnn dddd 1010 o 0 q 0 mmmm', 'A7.7.232 T1', f32('vfma')),
  row('vfms', DNM!, '111011101 e 10 nnnn dddd 1010 o 1 q 0 mmmm', 'A7.7.232 T1', f32('vfms')),
  row('vfnma', DNM!, '111011101 e 01 nnnn dddd 1010 o 1 q 0 mmmm', 'A7.7.233 T1', f32('vfnma')),
  row('vfnms', DNM!, '111011101 e 01 nnnn dddd 1010 o 0 q 0 mmmm', 'A7.7.233 T1', f32('vfnms')),
  row('vdiv', DNM!, '111011101 e 00 nnnn dddd 1010 o 0 q 0 mmmm', 'A7.7.231 T1', f32('vdiv')),
  row('vabs', DM!, '111011101 e 110000 dddd 1010 11 q 0 mmmm', 'A7.7.224 T1', f32('vabs')),
  row('vneg', DM!, '111011101 e 110001 dddd 1010 01 q 0 mmmm', 'A7.7.249 T1', f32('vneg')),
  row('vsqrt', DM!, '111011101 e 110001 dddd 1010 11 q 0 mmmm', 'A7.7.257 T1', f32('vsqrt')),
  row('vcmp', DM!, '111011101 e 110100 dddd 1010 01 q 0 mmmm', 'A7.7.226 T1', f32('vcmp')),
  row('vcmp', [d, fixed(0, '#0.0')], '111011101 e 110101 dddd 1010 01 0 0 0000', 'A7.7.226 T2', f32('vcmp')),
  row('vcmpe', DM!, '111011101 e 110100 dddd 1010 11 q 0 mmmm', 'A7.7.226 T1', f32('vcmpe')),
  row('vcvtToS32', DM!, '111011101 e 111101 dddd 1010 11 q 0 mmmm', 'A7.7.228 T1', { text: 'vcvt.s32.f32' }),
  row('vcvtToU32', DM!, '111011101 e 111100 dddd 1010 11 q 0 mmmm', 'A7.7.228 T1', { text: 'vcvt.u32.f32' }),
  row('vcvtrToS32', DM!, '111011101 e 111101 dddd 1010 01 q 0 mmmm', 'A7.7.228 T1', { text: 'vcvtr.s32.f32' }),
  row('vcvtFromS32', DM!, '111011101 e 111000 dddd 1010 11 q 0 mmmm', 'A7.7.228 T1', { text: 'vcvt.f32.s32' }),
  row('vcvtFromU32', DM!, '111011101 e 111000 dddd 1010 01 q 0 mmmm', 'A7.7.228 T1', { text: 'vcvt.f32.u32' }),
]
