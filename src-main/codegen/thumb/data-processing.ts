// Data processing with constants and registers, shifts, moves and bit fields.
// Source: ARM DDI 0403 (Armv7-M ARM), chapter A7.7; the section stands in each row. f: sets the flags. Where several rows
// fit, the first is taken, and 16-bit rows stand first: that is what GNU as chooses.

import {
  amount,
  ANY_SHIFT,
  HALF,
  low,
  MODIFIED,
  notPc,
  register,
  row,
  same,
  SP,
  unsigned,
  type Form,
  type Row,
} from './forms.ts'

const [d, n, m] = [register('d'), register('n'), register('m')]
const FIELD = { flags: 'field' } as const
const NARROW = { flags: 'narrow' } as const

/** The two 32-bit forms of an operation: with a constant and with a shifted register. `code`: A5.3.1, four bits. */
function wide<const M extends string>(mnemonic: M, code: string, source: string): Row<M>[] {
  return [
    row(mnemonic, [d, n, MODIFIED], `11110 i 0 ${code} f nnnn 0 iii dddd iiiiiiii`, source, FIELD),
    row(mnemonic, [d, n, m, ANY_SHIFT], `1110101 ${code} f nnnn 0 sss dddd ss tt mmmm`, source, FIELD),
  ]
}

/** Comparisons have no result and always set the flags. */
function compare<const M extends string>(mnemonic: M, code: string, source: string): Row<M>[] {
  return [
    row(mnemonic, [n, MODIFIED], `11110 i 0 ${code} 1 nnnn 0 iii 1111 iiiiiiii`, source),
    row(mnemonic, [n, m, ANY_SHIFT], `1110101 ${code} 1 nnnn 0 sss 1111 ss tt mmmm`, source),
  ]
}

const LOW_DM: readonly Form[] = [low('d'), same('d'), low('m')]
const LOW_MD: readonly Form[] = [low('d'), low('m'), same('d')]

/** 16 bits, d = d op m; commutative ones may name d last. */
function narrow<const M extends string>(mnemonic: M, code: string, source: string, commutes: boolean): Row<M>[] {
  const rows = [row(mnemonic, LOW_DM, `010000 ${code} mmm ddd`, source, NARROW)]
  return commutes ? [...rows, row(mnemonic, LOW_MD, `010000 ${code} mmm ddd`, source, NARROW)] : rows
}

export const ARITHMETIC = [
  row('add', [low('d'), same('d'), unsigned(8)], '00110 ddd iiiiiiii', 'A7.7.3 T2', NARROW),
  row('add', [low('d'), low('n'), unsigned(3)], '0001110 iii nnn ddd', 'A7.7.3 T1', NARROW),
  row('add', [low('d'), low('n'), low('m')], '0001100 mmm nnn ddd', 'A7.7.4 T1', NARROW),
  row('add', [low('d'), SP, unsigned(8, 4)], '10101 ddd iiiiiiii', 'A7.7.5 T1'),
  row('add', [SP, SP, unsigned(7, 4)], '101100000 iiiiiii', 'A7.7.5 T2'),
  // In 16 bits any register, high or low, takes another; no flags. d's highest bit stands apart.
  row('add', [register('d'), same('d'), register('m')], '01000100 d mmmm ddd', 'A7.7.4 T2'),
  row('add', [register('d'), register('m'), same('d')], '01000100 d mmmm ddd', 'A7.7.4 T2'),
  row('add', [d, notPc('n'), MODIFIED], '11110 i 01000 f nnnn 0 iii dddd iiiiiiii', 'A7.7.3 T3', FIELD),
  row('add', [SP, SP, MODIFIED], '11110 i 01000 f 1101 0 iii 1101 iiiiiiii', 'A7.7.5 T3', FIELD),
  row('add', [d, notPc('n'), unsigned(12)], '11110 i 100000 nnnn 0 iii dddd iiiiiiii', 'A7.7.3 T4'),
  row('add', [d, n, m, ANY_SHIFT], '11101011000 f nnnn 0 sss dddd ss tt mmmm', 'A7.7.4 T3', FIELD),
  row('add', [d, SP, same('d')], '01000100 d 1101 ddd', 'A7.7.6 T1'),
  row('add', [d, SP, m], '11101011000 f 1101 0000 dddd 0000 mmmm', 'A7.7.6 T3', FIELD),
  row('addw', [d, notPc('n'), unsigned(12)], '11110 i 100000 nnnn 0 iii dddd iiiiiiii', 'A7.7.3 T4'),
  row('sub', [low('d'), same('d'), unsigned(8)], '00111 ddd iiiiiiii', 'A7.7.174 T2', NARROW),
  row('sub', [low('d'), low('n'), unsigned(3)], '0001111 iii nnn ddd', 'A7.7.174 T1', NARROW),
  row('sub', [low('d'), low('n'), low('m')], '0001101 mmm nnn ddd', 'A7.7.175 T1', NARROW),
  row('sub', [SP, SP, unsigned(7, 4)], '101100001 iiiiiii', 'A7.7.176 T1'),
  row('sub', [d, notPc('n'), MODIFIED], '11110 i 01101 f nnnn 0 iii dddd iiiiiiii', 'A7.7.174 T3', FIELD),
  row('sub', [SP, SP, MODIFIED], '11110 i 01101 f 1101 0 iii 1101 iiiiiiii', 'A7.7.176 T2', FIELD),
  row('sub', [d, notPc('n'), unsigned(12)], '11110 i 101010 nnnn 0 iii dddd iiiiiiii', 'A7.7.174 T4'),
  row('sub', [d, n, m, ANY_SHIFT], '11101011101 f nnnn 0 sss dddd ss tt mmmm', 'A7.7.175 T2', FIELD),
  row('subw', [d, notPc('n'), unsigned(12)], '11110 i 101010 nnnn 0 iii dddd iiiiiiii', 'A7.7.174 T4'),
  row(
    'rsb',
    [low('d'), low('n'), { kind: 'fixed', value: 0, text: '#0' }],
    '0100001001 nnn ddd',
    'A7.7.119 T1',
    NARROW,
  ),
  ...wide('rsb', '1110', 'A7.7.119, A7.7.120'),
  ...narrow('adc', '0101', 'A7.7.2 T1', true),
  ...wide('adc', '1010', 'A7.7.1, A7.7.2'),
  ...narrow('sbc', '0110', 'A7.7.125 T1', false),
  ...wide('sbc', '1011', 'A7.7.124, A7.7.125'),
]

export const LOGIC = [
  ...narrow('and', '0000', 'A7.7.9 T1', true),
  ...wide('and', '0000', 'A7.7.8, A7.7.9'),
  ...narrow('eor', '0001', 'A7.7.36 T1', true),
  ...wide('eor', '0100', 'A7.7.35, A7.7.36'),
  ...narrow('orr', '1100', 'A7.7.92 T1', true),
  ...wide('orr', '0010', 'A7.7.91, A7.7.92'),
  ...wide('orn', '0011', 'A7.7.89, A7.7.90'),
  ...narrow('bic', '1110', 'A7.7.16 T1', false),
  ...wide('bic', '0001', 'A7.7.15, A7.7.16'),
]

export const COMPARE = [
  row('cmp', [low('n'), unsigned(8)], '00101 nnn iiiiiiii', 'A7.7.27 T1'),
  row('cmp', [low('n'), low('m')], '0100001010 mmm nnn', 'A7.7.28 T1'),
  row('cmp', [register('n'), register('m')], '01000101 n mmmm nnn', 'A7.7.28 T2'),
  ...compare('cmp', '1101', 'A7.7.27, A7.7.28'),
  row('cmn', [low('n'), low('m')], '0100001011 mmm nnn', 'A7.7.26 T1'),
  ...compare('cmn', '1000', 'A7.7.25, A7.7.26'),
  row('tst', [low('n'), low('m')], '0100001000 mmm nnn', 'A7.7.189 T1'),
  ...compare('tst', '0000', 'A7.7.188, A7.7.189'),
  ...compare('teq', '0100', 'A7.7.186, A7.7.187'),
]

export const MOVE = [
  row('mov', [notPc('d'), notPc('m')], '01000110 d mmmm ddd', 'A7.7.77 T1'),
  row('mov', [low('d'), low('m')], '0000000000 mmm ddd', 'A7.7.77 T2', NARROW),
  row('mov', [d, m], '11101010010 f 11110000 dddd 0000 mmmm', 'A7.7.77 T3', FIELD),
  row('mov', [low('d'), unsigned(8)], '00100 ddd iiiiiiii', 'A7.7.76 T1', NARROW),
  row('mov', [d, MODIFIED], '11110 i 00010 f 11110 iii dddd iiiiiiii', 'A7.7.76 T2', FIELD),
  row('mov', [d, HALF], '11110 i 100100 hhhh 0 iii dddd iiiiiiii', 'A7.7.76 T3'),
  row('movw', [d, HALF], '11110 i 100100 hhhh 0 iii dddd iiiiiiii', 'A7.7.76 T3'),
  row('movt', [d, HALF], '11110 i 101100 hhhh 0 iii dddd iiiiiiii', 'A7.7.79 T1'),
  row('mvn', [low('d'), low('m')], '0100001111 mmm ddd', 'A7.7.86 T1', NARROW),
  row('mvn', [d, MODIFIED], '11110 i 00011 f 11110 iii dddd iiiiiiii', 'A7.7.85 T1', FIELD),
  row('mvn', [d, m, ANY_SHIFT], '11101010011 f 11110 sss dddd ss tt mmmm', 'A7.7.86 T2', FIELD),
]

export const SHIFT = [
  row('lsl', [low('d'), low('m'), amount(31)], '00000 sssss mmm ddd', 'A7.7.68 T1', NARROW),
  row('lsr', [low('d'), low('m'), amount(32)], '00001 sssss mmm ddd', 'A7.7.70 T1', NARROW),
  row('asr', [low('d'), low('m'), amount(32)], '00010 sssss mmm ddd', 'A7.7.10 T1', NARROW),
  row('lsl', [d, m, amount(31)], '11101010010 f 11110 sss dddd ss 00 mmmm', 'A7.7.68 T2', FIELD),
  row('lsr', [d, m, amount(32)], '11101010010 f 11110 sss dddd ss 01 mmmm', 'A7.7.70 T2', FIELD),
  row('asr', [d, m, amount(32)], '11101010010 f 11110 sss dddd ss 10 mmmm', 'A7.7.10 T2', FIELD),
  row('ror', [d, m, amount(31)], '11101010010 f 11110 sss dddd ss 11 mmmm', 'A7.7.116 T1', FIELD),
  row('rrx', [d, m], '11101010010 f 11110000 dddd 0011 mmmm', 'A7.7.118 T1', FIELD),
  ...narrow('lsl', '0010', 'A7.7.69 T1', false),
  ...narrow('lsr', '0011', 'A7.7.71 T1', false),
  ...narrow('asr', '0100', 'A7.7.11 T1', false),
  ...narrow('ror', '0111', 'A7.7.117 T1', false),
  row('lsl', [d, n, m], '11111010000 f nnnn 1111 dddd 0000 mmmm', 'A7.7.69 T2', FIELD),
  row('lsr', [d, n, m], '11111010001 f nnnn 1111 dddd 0000 mmmm', 'A7.7.71 T2', FIELD),
  row('asr', [d, n, m], '11111010010 f nnnn 1111 dddd 0000 mmmm', 'A7.7.11 T2', FIELD),
  row('ror', [d, n, m], '11111010011 f nnnn 1111 dddd 0000 mmmm', 'A7.7.117 T2', FIELD),
]

const LSB = unsigned(5, 1, 'l')
const LAST_BIT: Form = { kind: 'width', isLast: true }
const WIDTH: Form = { kind: 'width', isLast: false }

export const BIT_FIELD = [
  row('bfc', [d, LSB, LAST_BIT], '11110011011011110 lll dddd ll 0 wwwww', 'A7.7.13 T1'),
  row('bfi', [d, n, LSB, LAST_BIT], '111100110110 nnnn 0 lll dddd ll 0 wwwww', 'A7.7.14 T1'),
  row('sbfx', [d, n, LSB, WIDTH], '111100110100 nnnn 0 lll dddd ll 0 wwwww', 'A7.7.126 T1'),
  row('ubfx', [d, n, LSB, WIDTH], '111100111100 nnnn 0 lll dddd ll 0 wwwww', 'A7.7.193 T1'),
]
