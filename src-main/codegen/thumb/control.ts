// Branches, addresses of labels, hints and barriers. Source: ARM DDI 0403 (Armv7-M ARM), chapter A7.7.

import { fixed, indexed, label, low, notPc, register, row, unsigned, type Reach, type Row } from './forms.ts'

export const CONDITIONS = ['eq', 'ne', 'cs', 'cc', 'mi', 'pl', 'vs', 'vc', 'hi', 'ls', 'ge', 'lt', 'gt', 'le'] as const
export type Condition = (typeof CONDITIONS)[number]

const bit = (distance: number, position: number) => (distance >> position) & 1

/** A signed distance of so many bits, in halfwords. */
const near = (bits: number): Reach => ({
  min: -(2 ** bits),
  max: 2 ** bits - 2,
  aligned: false,
  fields: (distance) => ({ i: (distance >> 1) & (2 ** bits - 1) }),
})

/** B and BL: S:I1:I2:imm10:imm11, where J = NOT(I XOR S). */
const FAR: Reach = {
  min: -16777216,
  max: 16777214,
  aligned: false,
  fields(distance) {
    const s = bit(distance, 24)
    const j = 1 ^ bit(distance, 23) ^ s
    const k = 1 ^ bit(distance, 22) ^ s
    return { s, j, k, h: (distance >> 12) & 0x3ff, i: (distance >> 1) & 0x7ff }
  },
}

/** Conditional B of 32 bits: S:J2:J1:imm6:imm11. */
const FAR_CONDITIONAL: Reach = {
  min: -1048576,
  max: 1048574,
  aligned: false,
  fields: (distance) => ({
    ...{ s: bit(distance, 20), k: bit(distance, 19), j: bit(distance, 18) },
    ...{ h: (distance >> 12) & 0x3f, i: (distance >> 1) & 0x7ff },
  }),
}

const ZERO_BRANCH: Reach = { min: 0, max: 126, aligned: false, fields: (distance) => ({ i: distance >> 1 }) }

const forward = (max: number, scale: number): Reach => ({
  ...{ min: 0, max, aligned: true, fields: (distance) => ({ i: distance / scale }) },
})
const backward: Reach = { min: -4095, max: -1, aligned: true, fields: (distance) => ({ i: -distance }) }

const conditional = CONDITIONS.flatMap((condition, number): Row<`b${Condition}`>[] => {
  const code = number.toString(2).padStart(4, '0')
  return [
    row(`b${condition}`, [label(near(8))], `1101 ${code} iiiiiiii`, 'A7.7.12 T1'),
    row(`b${condition}`, [label(FAR_CONDITIONAL)], `11110 s ${code} hhhhhh 10 j 0 k iiiiiiiiiii`, 'A7.7.12 T3'),
  ]
})

export const BRANCH = [
  row('b', [label(near(11))], '11100 iiiiiiiiiii', 'A7.7.12 T2'),
  row('b', [label(FAR)], '11110 s hhhhhhhhhh 10 j 1 k iiiiiiiiiii', 'A7.7.12 T4'),
  ...conditional,
  row('bl', [label(FAR)], '11110 s hhhhhhhhhh 11 j 1 k iiiiiiiiiii', 'A7.7.18 T1'),
  row('bx', [notPc('m')], '010001110 mmmm 000', 'A7.7.20 T1'),
  row('blx', [notPc('m')], '010001111 mmmm 000', 'A7.7.19 T1'),
  row('cbz', [low('n'), label(ZERO_BRANCH)], '101100 i 1 iiiii nnn', 'A7.7.21 T1'),
  row('cbnz', [low('n'), label(ZERO_BRANCH)], '101110 i 1 iiiii nnn', 'A7.7.21 T1'),
  row('tbb', [indexed(register('n', 'notSp'), register('m'))], '111010001101 nnnn 111100000000 mmmm', 'A7.7.185 T1'),
  row(
    'tbh',
    [indexed(register('n', 'notSp'), register('m'), 0, 1)],
    '111010001101 nnnn 111100000001 mmmm',
    'A7.7.185 T1',
  ),
]

export const LABEL_ADDRESS = [
  row('ldr', [low('t'), label(forward(1020, 4))], '01001 ttt iiiiiiii', 'A7.7.44 T1'),
  row('ldr', [register('t'), label(forward(4095, 1))], '1111100011011111 tttt iiiiiiiiiiii', 'A7.7.44 T2'),
  row('ldr', [register('t'), label(backward)], '1111100001011111 tttt iiiiiiiiiiii', 'A7.7.44 T2'),
  row('adr', [low('d'), label(forward(1020, 4))], '10100 ddd iiiiiiii', 'A7.7.7 T1'),
  row('adr', [register('d'), label(forward(4095, 1))], '11110 i 10000011110 iii dddd iiiiiiii', 'A7.7.7 T3'),
  row('adr', [register('d'), label(backward)], '11110 i 10101011110 iii dddd iiiiiiii', 'A7.7.7 T2'),
]

export const SYSTEM = [
  row('nop', [], '1011111100000000', 'A7.7.88 T1'),
  row('yield', [], '1011111100010000', 'A7.7.263 T1'),
  row('wfe', [], '1011111100100000', 'A7.7.261 T1'),
  row('wfi', [], '1011111100110000', 'A7.7.262 T1'),
  row('sev', [], '1011111101000000', 'A7.7.129 T1'),
  row('dsb', [], '11110011101111111000111101001111', 'A7.7.34 T1'),
  row('dmb', [], '11110011101111111000111101011111', 'A7.7.33 T1'),
  row('isb', [], '11110011101111111000111101101111', 'A7.7.37 T1'),
  row('bkpt', [unsigned(8)], '10111110 iiiiiiii', 'A7.7.17 T1'),
  row('svc', [unsigned(8)], '11011111 iiiiiiii', 'A7.7.178 T1'),
  row('udf', [unsigned(8)], '11011110 iiiiiiii', 'A7.7.194 T1'),
  // APSR.Q is where saturation and overflowing accumulation leave their trace.
  row('mrs', [register('d'), fixed(0, 'apsr')], '11110011111011111000 dddd 00000000', 'A7.7.82 T1'),
  row('msr', [fixed(0, 'apsr_nzcvq'), register('n')], '111100111000 nnnn 1000100000000000', 'A7.7.83 T1'),
]
