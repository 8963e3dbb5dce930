// The input's side of Winograd convolution (winograd.ts): V = B' d B of every 4x4 tile d of the input, in halfwords.
//
// B' works on columns and B on rows, so the two are done apart. Two rows of outputs read the same four rows of the input:
// these are combined once, for the whole width, into a strip; neighbouring tiles share two of their four columns of it. Each
// word of the input is widened once a strip, and borders are columns that never change and rows that a row of zero points
// stands in for, so that no padded copy of the input exists.
//
// Where the output may lie where the input does, the last row that the next strip shares with this one's outputs is kept.
//
// All halves of a word move together: SADD16 and SSUB16 take two channels at a time, in the order of SXTB16 (0 and 2, 1 and
// 3). Sums of four int8 values with signs stay within 510 in size.

import type { WindowGeometry } from '../../ir/shapes.ts'
import type { Assembler } from '../assembler.ts'
import type { Register } from '../thumb/operands.ts'
import { STEP_BYTES } from './gemm-block.ts'
import { addConstant, type Frame } from './kernel.ts'

/** Columns of the strip without a branch. */
const COLUMNS_UNROLLED = [4, 3, 2, 1] as const
/** of a column of the strip, for four channels: four combined rows of two words */
export const COLUMN_BYTES = 32

export const INPUT_SLOTS = [
  ...(['input', 'strip', 'zeros', 'kept row', 'products'] as const),
  ...(['row', 'tile', 'end of row', 'steps left'] as const),
] as const
type Slot = (typeof INPUT_SLOTS)[number]

/** The combined rows as a column of the strip holds them, by its index, and as V has rows and columns: 1, 2, 0, 3. */
const ORDER_IN_COLUMN = [1, 0, 2, 3]
export const PRODUCT_ORDER = [1, 2, 0, 3] as const
type Product = (typeof PRODUCT_ORDER)[number]

export interface WinogradInput {
  k: Assembler
  frame: Frame<Slot>
  geometry: WindowGeometry
  /** of the input */
  zeroPoint: number
}

const stepsOf = (g: WindowGeometry) => g.inputC / 4
const stripColumns = (g: WindowGeometry) => g.outputW + 2
const hasBorder = (g: WindowGeometry) => g.padTop > 0

/** Outputs take the place of inputs that were read, but for a row: not where rows of outputs are made twice. */
export const winogradWorksInPlace = (g: WindowGeometry) => hasBorder(g) && g.inputC === g.outputC && g.outputH % 2 === 0

/** RAM: the strip, a row of zero points where there is a border, the kept row, and V of a pair of tiles. */
export function inputBytes(g: WindowGeometry): { strip: number; zeros: number; keptRow: number; products: number } {
  const row = g.inputW * g.inputC
  return {
    strip: stepsOf(g) * stripColumns(g) * COLUMN_BYTES,
    zeros: hasBorder(g) ? row : 0,
    keptRow: winogradWorksInPlace(g) ? row : 0,
    products: 16 * stepsOf(g) * STEP_BYTES,
  }
}

/** Once: the border's columns of the strip and the row of zero points. Uses r0 to r5. */
export function emitBorders({ k, frame, geometry: g, zeroPoint }: WinogradInput): void {
  if (!hasBorder(g)) return
  const { zeros } = inputBytes(g)
  k.comment('columns of zero points: rows that are added are twice that, rows that are subtracted nothing')
  const twice = 2 * zeroPoint
  k.constant('r2', twice & 0xffff)
  k.orr('r2', 'r2', 'r2', { lsl: 16 })
  k.mov('r3', 0)
  frame.load('r0', 'strip')
  const column = () => {
    k.strd('r2', 'r2', 'r0', { post: 8 })
    for (let i = 0; i < 3; i++) k.strd('r3', 'r3', 'r0', { post: 8 })
  }
  k.loop(stepsOf(g), 'r4', () => {
    column()
    addConstant(k, 'r0', 'r0', (stripColumns(g) - 2) * COLUMN_BYTES, 'r5')
    column()
  })
  k.comment('the row of zero points lies behind the strip')
  k.constant('r2', Math.imul(zeroPoint & 0xff, 0x01010101) >>> 0)
  k.loop(zeros / 4, 'r4', () => k.str('r2', 'r0', { post: 4 }))
}

/** The strip of the four input rows that the two rows of outputs at `row` read. Uses every register. */
export function emitStrip({ k, frame, geometry: g }: WinogradInput): void {
  const rows: Register[] = ['r0', 'r1', 'r2', 'r3']
  const rowBytes = g.inputW * g.inputC
  frame.load('r4', 'row')
  frame.load('r5', 'input')
  k.constant('r6', rowBytes)
  k.mla('r1', 'r4', 'r6', 'r5')
  if (hasBorder(g)) {
    k.comment('the window starts a row above; what is outside of the input reads zero points')
    frame.load('r7', 'zeros')
    if (winogradWorksInPlace(g)) frame.load('r0', 'kept row')
    else k.sub('r0', 'r1', 'r6')
    k.add('r2', 'r1', 'r6')
    k.add('r3', 'r2', 'r6')
    k.cmp('r4', 0)
    k.it('eq', () => k.mov('r0', 'r7'))
    k.constant('r8', g.inputH - 2)
    k.cmp('r4', 'r8')
    k.it('eq', () => k.mov('r3', 'r7'))
  } else {
    k.mov('r0', 'r1')
    for (const [i, row] of rows.slice(1).entries()) k.add(row, rows[i], 'r6')
  }

  const at = 'r4'
  frame.load(at, 'strip')
  const edge = hasBorder(g) ? COLUMN_BYTES : 0
  const columns = g.inputW
  const unrolled = COLUMNS_UNROLLED.find((count) => columns % count === 0)!
  k.constant('r5', stepsOf(g))
  const step = k.here('four_channels')
  frame.store('r5', 'steps left')
  addConstant(k, at, at, edge, 'r5')
  if (columns > unrolled) {
    addConstant(k, 'r5', at, columns * COLUMN_BYTES, 'r5')
    frame.store('r5', 'end of row')
  }
  const top = k.here('columns')
  for (let i = 0; i < unrolled; i++) emitStripColumn(k, rows, at, g.inputC)
  if (columns > unrolled) {
    frame.load('r5', 'end of row')
    k.cmp(at, 'r5')
    k.bne(top)
  }
  k.comment('back to the first column, the next four channels')
  addConstant(k, at, at, edge, 'r5')
  for (const row of rows) addConstant(k, row, row, 4 - rowBytes, 'r5')
  frame.load('r5', 'steps left')
  k.subs('r5', 'r5', 1)
  k.bne(step)
  if (!winogradWorksInPlace(g)) return
  addConstant(k, 'r2', 'r2', -g.inputC, 'r4')
  emitKeepRow(k, frame, rowBytes)
}

/** Keeps the strip's third row, from `r2` on: the next strip starts with it, and outputs may overwrite it before. */
function emitKeepRow(k: Assembler, frame: Frame<Slot>, rowBytes: number): void {
  const words: Register[] = ['r4', 'r5', 'r6', 'r7', 'r8', 'r9', 'r10', 'r11']
  k.comment('outputs may overwrite the row that the next strip starts with')
  frame.load('r3', 'kept row')
  if (rowBytes >= 32)
    k.loop(rowBytes >> 5, 'r12', () => {
      k.ldm('r2!', words)
      k.stm('r3!', words)
    })
  const rest = words.slice(0, (rowBytes & 31) / 4)
  for (const word of rest) k.ldr(word, 'r2', { post: 4 })
  for (const word of rest) k.str(word, 'r3', { post: 4 })
}

/** Rows a, b, c, d of four channels become b + c | a - c, c - b, b - d. */
function emitStripColumn(k: Assembler, rows: readonly Register[], at: Register, pixelBytes: number): void {
  // The low half of a pair takes channels 0 and 2, the high one 1 and 3 of the word that is loaded to it.
  const pairs = [
    ['r5', 'r6'],
    ['r7', 'r8'],
    ['r9', 'r10'],
    ['r11', 'r12'],
  ] as const
  for (const [i, [, word]] of pairs.entries()) k.ldr(word, rows[i], { post: pixelBytes })
  for (const [low, word] of pairs) k.sxtb16(low, word)
  for (const [, word] of pairs) k.sxtb16(word, word, { ror: 8 })
  const sums: Register[] = ['lr', 'r7']
  for (const half of [0, 1]) {
    const [a, b, c, d] = pairs.map((pair) => pair[half]!) as [Register, Register, Register, Register]
    k.ssub16(a, a, c)
    k.sadd16(sums[half], b, c)
    k.ssub16(c, c, b)
    k.ssub16(d, b, d)
  }
  k.strd(sums[0], sums[1], at, { post: 8 })
  k.stm(`${at}!`, ['r5', 'r6', 'r9', 'r10', 'r11', 'r12'])
}

/** V of the two tiles whose first column of the strip is at `tile`, as the products read it. Uses every register. */
export function emitTilePair({ k, frame, geometry: g }: WinogradInput): void {
  const productBytes = stepsOf(g) * STEP_BYTES
  // STRD reaches 255 words to both sides: the pointer stands in the middle of a row of four products.
  const middle = 2 * productBytes
  k.comment('neighbouring tiles, two columns apart')
  frame.load('r0', 'tile')
  frame.load('r1', 'products')
  addConstant(k, 'r1', 'r1', middle, 'r2')
  k.constant('r12', stepsOf(g))
  const top = k.here('transform')
  for (const [i, combined] of PRODUCT_ORDER.entries()) {
    if (i > 0) addConstant(k, 'r1', 'r1', 4 * productBytes, 'lr')
    const from = ORDER_IN_COLUMN.indexOf(combined) * 8
    emitTransformRow(k, from, (product, tile) => (product - 2) * productBytes + tile * 8)
  }
  addConstant(k, 'r1', 'r1', STEP_BYTES - 12 * productBytes, 'lr')
  addConstant(k, 'r0', 'r0', stripColumns(g) * COLUMN_BYTES, 'lr')
  k.subs('r12', 'r12', 1)
  k.bne(top)
}

type Pair = readonly [Register, Register]
const FREE: Pair = ['r10', 'r11']

/** A combined row of both tiles: columns a to d of the first are a - c, b + c, c - b, b - d; c to f of the second alike. */
function emitTransformRow(k: Assembler, from: number, placeOf: (product: number, tile: number) => number): void {
  const [a, b, c, d]: [Pair, Pair, Pair, Pair] = [
    ['r2', 'r3'],
    ['r4', 'r5'],
    ['r6', 'r7'],
    ['r8', 'r9'],
  ]
  const load = ([low, high]: Pair, column: number) => k.ldrd(low, high, 'r0', column * COLUMN_BYTES + from)
  const emitTile = (tile: number, columns: [Pair, Pair, Pair, Pair]) => {
    const [first, second, third, fourth] = columns
    const product = (name: Product, operation: 'sadd16' | 'ssub16', into: Pair, left: Pair, right: Pair) => {
      for (const half of [0, 1] as const) k[operation](into[half], left[half], right[half])
      k.strd(into[0], into[1], 'r1', placeOf(PRODUCT_ORDER.indexOf(name), tile))
    }
    product(0, 'ssub16', first, first, third)
    product(1, 'sadd16', FREE, second, third)
    product(2, 'ssub16', FREE, third, second)
    product(3, 'ssub16', second, second, fourth)
  }
  for (const [column, pair] of [a, b, c, d].entries()) load(pair, column)
  emitTile(0, [a, b, c, d])
  load(a, 4)
  load(b, 5)
  emitTile(1, [c, d, a, b])
}
