// Loads and stores, of single registers, pairs and lists. Source: ARM DDI 0403 (Armv7-M ARM), chapter A7.7.

import { indexed, list, listBase, low, memory, negated, notPc, register, row, SP, unsigned, type Row } from './forms.ts'

const t = register('t')
const n = notPc('n')

/** The 16-bit encodings of a single load or store: opcode with a constant offset and with an index. */
interface Narrow {
  /** size of a step of the 5-bit offset */
  scale: number
  constant?: string
  index: string
}

/** P, U, W of A7.7.43 T4: what happens to the base. */
const MODES = [
  ['offset', true, '100'],
  ['pre', false, '111'],
  ['pre', true, '101'],
  ['post', false, '011'],
  ['post', true, '001'],
] as const

/** `code`: sign, size and load as in A5.3.7 to A5.3.10, with the bit that tells 12-bit offsets left out. */
function single<const M extends string>(mnemonic: M, sign: string, code: string, narrow: Narrow, source: string) {
  const { scale, constant, index } = narrow
  const rows: Row<M>[] = []
  if (constant !== undefined)
    rows.push(
      row(mnemonic, [low('t'), memory(low('n'), unsigned(5, scale))], `${constant} iiiii nnn ttt`, `${source} T1`),
    )
  if (scale === 4)
    rows.push(row(mnemonic, [low('t'), memory(SP, unsigned(8, 4))], `1001${code[2]} ttt iiiiiiii`, `${source} T2`))
  rows.push(
    row(mnemonic, [low('t'), indexed(low('n'), low('m'))], `${index} mmm nnn ttt`, `${source} (register) T1`),
    row(mnemonic, [t, memory(n, unsigned(12))], `1111100${sign}1${code} nnnn tttt iiiiiiiiiiii`, `${source} T3`),
    ...MODES.map(([mode, negative, puw]) =>
      row(
        mnemonic,
        [t, memory(n, negative ? negated(unsigned(8)) : unsigned(8), mode)],
        `1111100${sign}0${code} nnnn tttt 1${puw} iiiiiiii`,
        `${source} T4`,
      ),
    ),
    row(
      mnemonic,
      [t, indexed(n, register('m'), 2)],
      `1111100${sign}0${code} nnnn tttt 000000 ss mmmm`,
      `${source} (register) T2`,
    ),
  )
  return rows
}

export const SINGLE = [
  ...single('str', '0', '100', { scale: 4, constant: '01100', index: '0101000' }, 'A7.7.161'),
  ...single('ldr', '0', '101', { scale: 4, constant: '01101', index: '0101100' }, 'A7.7.43'),
  ...single('strb', '0', '000', { scale: 1, constant: '01110', index: '0101010' }, 'A7.7.163'),
  ...single('ldrb', '0', '001', { scale: 1, constant: '01111', index: '0101110' }, 'A7.7.46'),
  ...single('strh', '0', '010', { scale: 2, constant: '10000', index: '0101001' }, 'A7.7.170'),
  ...single('ldrh', '0', '011', { scale: 2, constant: '10001', index: '0101101' }, 'A7.7.55'),
  ...single('ldrsb', '1', '001', { scale: 1, index: '0101011' }, 'A7.7.59'),
  ...single('ldrsh', '1', '011', { scale: 2, index: '0101111' }, 'A7.7.63'),
  row('pld', [memory(n, unsigned(12))], '111110001001 nnnn 1111 iiiiiiiiiiii', 'A7.7.95 T1'),
]

/** P, U, W as above; here a positive offset has no encoding of its own. */
const PAIR_MODES = [['offset', false, '110'], ...MODES] as const

function pair<const M extends string>(mnemonic: M, load: string, source: string): Row<M>[] {
  return PAIR_MODES.map(([mode, negative, [p, u, w]]) =>
    row(
      mnemonic,
      [t, register('k'), memory(n, negative ? negated(unsigned(8, 4)) : unsigned(8, 4), mode)],
      `1110100 ${p} ${u} 1 ${w} ${load} nnnn tttt kkkk iiiiiiii`,
      `${source} T1`,
    ),
  )
}

export const PAIR = [...pair('ldrd', '1', 'A7.7.50'), ...pair('strd', '0', 'A7.7.166')]

/** r0 to r12 and LR: LDM may load the PC only to return, which POP does. */
const GENERAL = 0x5fff
const LOW = 0xff
const LR = 1 << 14
const PC = 1 << 15
const base = register('n')

function multiple<const M extends string>(mnemonic: M, code: string, load: string, source: string): Row<M>[] {
  return [true, false].map((moved) =>
    row(
      mnemonic,
      [listBase(base, moved, moved ? false : undefined), list(GENERAL, 2)],
      `1110100 ${code} 0 ${moved ? 1 : 0} ${load} nnnn llllllllllllllll`,
      `${source} T2`,
    ),
  )
}

export const MULTIPLE = [
  row('ldm', [listBase(low('n'), true, false), list(LOW)], '11001 nnn llllllll', 'A7.7.41 T1'),
  // Without `!` the 16-bit form loads the base itself.
  row('ldm', [listBase(low('n'), false, true), list(LOW, 2)], '11001 nnn llllllll', 'A7.7.41 T1'),
  ...multiple('ldm', '01', '1', 'A7.7.41'),
  ...multiple('ldmdb', '10', '1', 'A7.7.42'),
  row('stm', [listBase(low('n'), true, false), list(LOW)], '11000 nnn llllllll', 'A7.7.159 T1'),
  ...multiple('stm', '01', '0', 'A7.7.159'),
  ...multiple('stmdb', '10', '0', 'A7.7.160'),
  row('push', [list(LOW | LR)], '1011010 x llllllll', 'A7.7.101 T1'),
  row('push', [list(GENERAL, 2)], '1110100100101101 llllllllllllllll', 'A7.7.101 T2'),
  row('pop', [list(LOW | PC)], '1011110 x llllllll', 'A7.7.99 T1'),
  row('pop', [list(GENERAL, 2)], '1110100010111101 llllllllllllllll', 'A7.7.99 T2'),
  row('pop', [list((GENERAL & ~LR) | PC, 2)], '1110100010111101 llllllllllllllll', 'A7.7.99 T2'),
]
