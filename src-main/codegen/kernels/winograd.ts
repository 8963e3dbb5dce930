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
import { loadFrom, type Lane } from '../requantize/emit.ts'
import type { RequantizeForm } from '../requantize/plan.ts'
import type { Register } from '../thumb/operands.ts'
import { A0, A1, B0, B1, PIXELS, WEIGHTS } from './gemm-block.ts'
import { addConstant, openFrame, requireFit, type EmittedKernel, type Frame } from './kernel.ts'
import { prepareLayer, type PreparedLayer } from './weighted.ts'
import {
  COLUMN_BYTES,
  emitBorders,
  emitStrip,
  emitTilePair,
  INPUT_SLOTS,
  inputBytes,
  type WinogradInput,
} from './winograd-input.ts'
import { emitProducts, SAVED_SUMS_BYTES, SUM_SLOTS, writeProducts } from './winograd-products.ts'

export interface WinogradLayer {
  /** of one batch */
  geometry: WindowGeometry
  /** [outputC, 3, 3, inputC] */
  weights: Int8Array
  params: ConvolutionParams
}

/** of 2G by 2G, and so of the sums: 4 */
const GAIN = 2
/** Of the input's transform: STRD reaches no farther. */
const MOST_CHANNELS = 124
/** STRB's offset, with the outputs of a pair of tiles. */
const FARTHEST_OUTPUT = 4095
/** Outputs of a pair of tiles: columns and rows. */
const [PAIR_WIDTH, PAIR_HEIGHT] = [4, 2]
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

/**
 * Whether fewer instructions are needed than by the direct convolution, counted from the inner loops of both: a step of 16
 * products takes 10, a step's transform 215, a pair of pixels' gather 9 a step. Pairs of tiles that repeat outputs decide.
 */
export function winogradPays({ geometry: g }: WinogradLayer): boolean {
  const steps = g.inputC / 4
  const pairs = Math.ceil(g.outputW / PAIR_WIDTH) * Math.ceil(g.outputH / PAIR_HEIGHT)
  const winograd = pairs * (215 * steps + (g.outputC / 2) * (160 * steps + 165))
  const direct = ((g.outputH * g.outputW) / 2) * (9 * 9 * steps + 60 + (g.outputC / 2) * (90 * steps + 20))
  return winograd < direct
}

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
  const constants = writeProducts(g, prepared)
  const { strip, zeros, keptRow, products } = inputBytes(g)

  const k = createAssembler()
  const frame = openFrame<Slot>(k, [
    ...INPUT_SLOTS,
    ...(['output', 'weights', 'end of weights', 'sums', 'pairs left'] as const),
    ...SUM_SLOTS,
  ])
  const emitter: WinogradInput = { k, frame, geometry: g, zeroPoint: params.inputZeroPoint }
  frame.store('r0', 'input')
  frame.store('r1', 'output')
  frame.store('r2', 'strip')
  addConstant(k, 'r2', 'r2', strip, 'r4')
  frame.store('r2', 'zeros')
  addConstant(k, 'r2', 'r2', zeros, 'r4')
  frame.store('r2', 'kept row')
  addConstant(k, 'r2', 'r2', keptRow, 'r4')
  frame.store('r2', 'products')
  frame.store('r3', 'weights')
  k.comment('a literal pool would be too far')
  k.movw('r4', constants.length & 0xffff)
  k.movt('r4', constants.length >>> 16)
  k.add('r3', 'r3', 'r4')
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
    scratchBytes: strip + zeros + keptRow + products,
    stackBytes: frame.bytes + SAVED_SUMS_BYTES,
    requantize: prepared.requantizeForm,
  }
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
