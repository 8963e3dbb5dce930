// CONV_2D 3x3 of stride 1 by Winograd's F(2x2, 3x3): a 4x4 tile of the input gives 2x2 outputs with 16 products in place of
// 36 (A. Lavin, S. Gray: Fast Algorithms for Convolutional Neural Networks, 4.1).
//
//   Y = A' [ (G g G') * (B' d B) ] A      g the window's weights, d the tile, * value by value, summed over channels
//
// Exact in integers: with 2G in place of G, the host's weights are whole numbers of at most 9 * 128, and all sums are four
// times the accumulator. They may wrap on the way: only the result has to fit 32 bits, and the requantise, proved on the
// original weights, takes the 4 into its shift. The bias goes into the product at (1, 1), which reaches all four outputs.
//
// The products at one place of the tile are a matrix product, so they are the block of gemm-block.ts: two channels and, for
// pixels, two neighbouring tiles. A' is chained into it: a row's products are made in the order 1, 2, 0, 3, the sum of the
// first two is where the third starts and their difference where the fourth does. (The last row and column of G and B
// are negated, so that both only add.) What is left is to add up the four rows.
//
// What bounds it: a weight from flash meets two tiles, eight outputs, instead of the two of the direct convolution.

import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import type { WindowGeometry } from '../../ir/shapes.ts'
import { createAssembler, type Assembler } from '../assembler.ts'
import { createConstantsWriter } from '../constants.ts'
import { loadFrom, type Lane } from '../requantize/emit.ts'
import type { RequantizeForm } from '../requantize/plan.ts'
import type { Register } from '../thumb/operands.ts'
import { A0, A1, B0, B1, emitStep, PIXELS, WEIGHTS, type SumStart } from './gemm-block.ts'
import { addConstant, openFrame, requireFit, type EmittedKernel, type Frame } from './kernel.ts'
import { prepareLayer, type PreparedLayer } from './weighted.ts'
import {
  COLUMN_BYTES,
  emitBorders,
  emitStrip,
  emitTilePair,
  INPUT_SLOTS,
  inputBytes,
  PRODUCT_ORDER,
  type WinogradInput,
} from './winograd-input.ts'

export interface WinogradLayer {
  /** of one batch */
  geometry: WindowGeometry
  /** [outputC, 3, 3, inputC] */
  weights: Int8Array
  params: ConvolutionParams
}

/** of 2G by 2G, and so of the sums: 4 */
const GAIN = 2
const DOUBLED_G = [
  [2, 0, 0],
  [1, 1, 1],
  [1, -1, 1],
  [0, 0, -2],
]
/** Of the input's transform: STRD reaches no farther. */
const MOST_CHANNELS = 124
/** STRB's offset, with the outputs of a pair of tiles. */
const FARTHEST_OUTPUT = 4095
/** Steps of four channels up to which the four rows of products are not a loop. */
const ROWS_UNROLLED = 4
/** Outputs of a pair of tiles: columns and rows. */
const [PAIR_WIDTH, PAIR_HEIGHT] = [4, 2]
const SAVED_SUMS_BYTES = 16
/** The strip's offsets are constants that no literal pool is needed for. */
const MOST_STRIP_BYTES = 65535

/** Even output channels, a multiple of four input channels, and outputs of at least a pair of tiles. */
export function fitsWinograd({ geometry: g }: WinogradLayer): boolean {
  const is3x3 = g.filterH === 3 && g.filterW === 3 && g.strideH * g.strideW * g.dilationH * g.dilationW === 1
  return (
    is3x3 &&
    g.batches === 1 &&
    g.inputC % 4 === 0 &&
    g.inputC <= MOST_CHANNELS &&
    g.outputC % 2 === 0 &&
    g.outputW >= PAIR_WIDTH &&
    g.outputH >= PAIR_HEIGHT &&
    (g.outputW + PAIR_WIDTH) * g.outputC <= FARTHEST_OUTPUT &&
    inputBytes(g).strip <= MOST_STRIP_BYTES
  )
}

const SUMS = Array.from({ length: 32 }, (_, i) => `sum ${i}` as const)
type Slot =
  (typeof INPUT_SLOTS)[number] | 'output' | 'weights' | 'end of weights' | 'sums' | 'pairs left' | `sum ${number}`

/**
 * The layer has to pass `fitsWinograd` (INTERNAL otherwise). Undefined where neither the clamped nor the linear requantise
 * is proved: the plain one leaves no registers. Throws ACCUMULATOR_OVERFLOW where four times an accumulator is beyond 32 bits.
 */
export function emitWinograd(
  layer: WinogradLayer,
  { requantize = ['clamped', 'linear'] }: { requantize?: readonly RequantizeForm[] } = {},
): EmittedKernel | undefined {
  const { geometry: g, weights, params } = layer
  requireFit(fitsWinograd(layer), 'Winograd')
  const taps = 9 * g.inputC
  const rows = Array.from({ length: g.outputC }, (_, c) => weights.subarray(c * taps, (c + 1) * taps))
  const prepared = prepareLayer(params, rows, { requantize, gain: GAIN })
  if (prepared.requantizeForm === 'plain') return undefined
  const constants = constantsOf(g, prepared)
  const { strip, zeros, products } = inputBytes(g)

  const k = createAssembler()
  const frame = openFrame<Slot>(k, [
    ...INPUT_SLOTS,
    ...(['output', 'weights', 'end of weights', 'sums', 'pairs left'] as const),
    ...SUMS,
  ])
  const emitter: WinogradInput = { k, frame, geometry: g, zeroPoint: params.inputZeroPoint }
  frame.store('r0', 'input')
  frame.store('r1', 'output')
  frame.store('r2', 'strip')
  addConstant(k, 'r2', 'r2', strip, 'r4')
  frame.store('r2', 'zeros')
  addConstant(k, 'r2', 'r2', zeros, 'r4')
  frame.store('r2', 'products')
  frame.store('r3', 'weights')
  addConstant(k, 'r3', 'r3', constants.length, 'r4')
  frame.store('r3', 'end of weights')
  emitBorders(emitter)
  k.mov('r4', 0)
  frame.store('r4', 'row')

  const twoRows = k.here('two_rows')
  emitStrip(emitter)
  frame.load('r4', 'strip')
  frame.store('r4', 'tile')
  k.constant('r4', Math.ceil(g.outputW / PAIR_WIDTH))
  frame.store('r4', 'pairs left')
  const pair = k.here('two_tiles')
  emitTilePair(emitter)
  frame.load(WEIGHTS, 'weights')
  const channels = k.here('two_channels')
  frame.load(PIXELS, 'products')
  emitProducts(k, frame, g.inputC / 4)
  emitOutputs(k, frame, prepared, g)
  frame.load('r7', 'end of weights')
  k.cmp(WEIGHTS, 'r7')
  k.bne(channels)
  emitNextPair(k, frame, g)
  k.bne(pair)
  emitNextRows(k, frame, g)
  k.bne(twoRows)
  frame.close()
  return {
    code: k.assemble(),
    constants,
    scratchBytes: strip + zeros + products,
    stackBytes: frame.bytes + SAVED_SUMS_BYTES,
    requantize: prepared.requantizeForm,
  }
}

/** For each pair of channels: for each row its first addends, where it has any, and its four products; then the requantise. */
function constantsOf(g: WindowGeometry, layer: PreparedLayer): Uint8Array {
  const writer = createConstantsWriter()
  const at = (c: number, row: number, column: number, k: number) => {
    let sum = 0
    for (let y = 0; y < 3; y++)
      for (let x = 0; x < 3; x++)
        sum += DOUBLED_G[row]![y]! * DOUBLED_G[column]![x]! * layer.weightsOf(c)[(3 * y + x) * g.inputC + k]!
    return sum
  }
  for (let c = 0; c < g.outputC; c += 2) {
    const group = [c, c + 1]
    for (const [i, row] of PRODUCT_ORDER.entries()) {
      if (i === 0) writer.words(...layer.biases(group))
      else if (loopsRows(g.inputC / 4)) writer.words(0, 0)
      for (const column of PRODUCT_ORDER)
        for (let k = 0; k < g.inputC; k += 4)
          for (const channel of group)
            for (const half of [0, 1])
              writer.pair(at(channel, row, column, k + half), at(channel, row, column, k + half + 2))
    }
    layer.requantize.write(writer, group)
  }
  return writer.finish()
}

const loopsRows = (steps: number) => steps > ROWS_UNROLLED

/** The sums of all four rows of products, for two channels and two tiles. */
function emitProducts(k: Assembler, frame: Frame<Slot>, steps: number): void {
  if (!loopsRows(steps)) {
    for (let row = 0; row < 4; row++)
      emitRow(k, steps, row === 0, (column) => {
        k.add('r2', 'sp', frame.offset(`sum ${column * 16 + row * 4}`) + (column === 0 ? SAVED_SUMS_BYTES : 0))
        k.stm('r2', [A0, A1, B0, B1])
      })
    return
  }
  k.add('r2', 'sp', frame.offset('sum 0'))
  frame.store('r2', 'sums')
  const row = k.here('row_of_products')
  emitRow(k, steps, true, (column) => {
    if (column === 0) {
      k.ldr('r2', 'sp', frame.offset('sums') + SAVED_SUMS_BYTES)
      k.stm('r2', [A0, A1, B0, B1])
      return
    }
    frame.load('r2', 'sums')
    k.strd(A0, A1, 'r2', 64)
    k.strd(B0, B1, 'r2', 72)
  })
  k.add('r2', 'r2', 16)
  frame.store('r2', 'sums')
  k.add('r3', 'sp', frame.offset('sum 16'))
  k.cmp('r2', 'r3')
  k.bne(row)
}

/** A row: `store` puts the sums of an output column away; the first finds the stack 16 bytes deeper. */
function emitRow(k: Assembler, steps: number, hasAddends: boolean, store: (column: 0 | 1) => void): void {
  const sums: Register[] = [A0, A1, B0, B1]
  const [firstProduct, difference] = [
    ['r2', 'r3', 'r4', 'r5'],
    ['r6', 'r7', 'r8', 'r9'],
  ] as const
  const product = (start: SumStart) => {
    for (let step = 0; step < steps; step++) emitStep(k, false, 2, step === 0 ? start : 'sums')
  }
  if (hasAddends) k.ldm(`${WEIGHTS}!`, [A0, B0])
  product(hasAddends ? 'biases' : 'nothing')
  k.push(sums)
  product('nothing')
  k.comment('the sum of both is where the third product starts, their difference where the fourth does')
  k.pop(firstProduct)
  for (const [i, sum] of sums.entries()) k.sub(difference[i], firstProduct[i], sum)
  for (const [i, sum] of sums.entries()) k.add(sum, sum, firstProduct[i])
  k.push(difference)
  product('sums')
  store(0)
  k.pop(sums)
  product('sums')
  store(1)
}

/** The 2x2 outputs of two tiles and channels: a column of both tiles at a time. */
function emitOutputs(
  k: Assembler,
  frame: Frame<Slot>,
  layer: PreparedLayer,
  { outputW, outputC }: WindowGeometry,
): void {
  const upper: Register[] = [A0, A1, B0, B1]
  const lower: Register[] = ['r2', 'r3', 'r4', 'r5']
  const free: Register[] = ['r6', 'r7', 'r8', 'r9']
  const add = (to: readonly Register[], from: readonly Register[]) => {
    for (const [i, register] of to.entries()) k.add(register, register, from[i])
  }
  const lanes = [...upper, ...lower].map((accumulator, i): Lane => ({
    accumulator,
    channel: (i >> 1) & 1,
    gain: layer.gainOf(0),
  }))
  k.add('r1', 'sp', frame.offset('sum 0'))
  for (const column of [0, 1]) {
    k.comment(`column ${column} of both tiles: the rows of products in the order 1, 2, 0, 3`)
    k.ldm('r1!', [...lower, ...free])
    for (const [i, sum] of upper.entries()) k.add(sum, lower[i], free[i])
    for (const [i, sum] of lower.entries()) k.sub(sum, sum, free[i])
    k.ldm('r1!', free)
    add(upper, free)
    k.ldm('r1!', free)
    add(lower, free)
    layer.requantize.emit(k, lanes, 2, loadFrom(k, WEIGHTS), free)
    if (column === 0) k.sub(WEIGHTS, WEIGHTS, layer.requantize.wordsPerChannel * 8)
    frame.load('r6', 'output')
    for (const [i, { accumulator, channel }] of lanes.entries())
      k.strb(accumulator, 'r6', ((i >> 2) * outputW + (i & 1) * 2 + column) * outputC + channel)
  }
  k.add('r6', 'r6', 2)
  frame.store('r6', 'output')
}

/** Moves to the next two tiles; the last ones of a row end at its end and may repeat columns. Leaves Z set where none is left. */
function emitNextPair(k: Assembler, frame: Frame<Slot>, { outputW, outputC }: WindowGeometry): void {
  const repeated = Math.ceil(outputW / PAIR_WIDTH) * PAIR_WIDTH - outputW
  frame.load('r0', 'output')
  frame.load('r1', 'tile')
  frame.load('r2', 'pairs left')
  addConstant(k, 'r0', 'r0', (PAIR_WIDTH - 1) * outputC, 'r3')
  k.add('r1', 'r1', PAIR_WIDTH * COLUMN_BYTES)
  if (repeated > 0 && outputW > PAIR_WIDTH) {
    const inside = k.label('inside')
    k.cmp('r2', 2)
    k.bne(inside)
    addConstant(k, 'r0', 'r0', -repeated * outputC, 'r3')
    k.sub('r1', 'r1', repeated * COLUMN_BYTES)
    k.place(inside)
  }
  frame.store('r0', 'output')
  frame.store('r1', 'tile')
  k.subs('r2', 'r2', 1)
  frame.store('r2', 'pairs left')
}

/** Moves to the next two rows; the last ones may repeat one. Leaves Z set where none is left. */
function emitNextRows(k: Assembler, frame: Frame<Slot>, { outputH, outputW, outputC }: WindowGeometry): void {
  frame.load('r0', 'output')
  frame.load('r1', 'row')
  addConstant(k, 'r0', 'r0', outputW * outputC, 'r3')
  k.add('r1', 'r1', PAIR_HEIGHT)
  if (outputH % PAIR_HEIGHT !== 0) {
    const inside = k.label('inside')
    k.constant('r2', outputH - 1)
    k.cmp('r1', 'r2')
    k.bne(inside)
    addConstant(k, 'r0', 'r0', -outputW * outputC, 'r3')
    k.sub('r1', 'r1', 1)
    k.place(inside)
  }
  frame.store('r0', 'output')
  frame.store('r1', 'row')
  k.constant('r2', outputH)
  k.cmp('r1', 'r2')
}
