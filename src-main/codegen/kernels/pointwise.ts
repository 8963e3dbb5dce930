// CONV_2D 1x1 of stride 1, and FULLY_CONNECTED of several rows: a matrix product of pixels and channels.
// Two neighbouring pixels are widened to halfwords once and meet all channels (gemm-block.ts).

import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import { createAssembler, type Assembler } from '../assembler.ts'
import type { Register } from '../thumb/operands.ts'
import { BLOCK_SLOTS, emitBlocks, writeBlocks, type BlockOutput } from './gemm-block.ts'
import { addConstant, openFrame, requireFit, type EmittedKernel, type Frame } from './kernel.ts'
import { emitBorder, planeBytes, type PlanarLayout } from './planar.ts'
import { prepareLayer, type WeightedOptions } from './weighted.ts'

/** Output for a depthwise convolution: planes of halfwords with their border, instead of NHWC int8. */
export interface PlanarOutput {
  layout: PlanarLayout
  height: number
  width: number
}

export interface PointwiseLayer {
  /** of all batches together */
  pixels: number
  /** a multiple of 4: pixels are read as words */
  inputChannels: number
  /** below 4095 */
  outputChannels: number
  /** [outputChannels, inputChannels] */
  weights: Int8Array
  params: ConvolutionParams
  planes?: PlanarOutput
}

const holdsImage = ({ layout, height, width }: PlanarOutput) =>
  layout.top + height <= layout.rows && layout.left + width <= layout.pitch

export const fitsPointwise = ({ inputChannels, outputChannels, pixels, planes }: PointwiseLayer) =>
  inputChannels % 4 === 0 &&
  outputChannels < 4095 &&
  (planes === undefined || (pixels === planes.height * planes.width && holdsImage(planes)))

/** Words of a pixel that are widened without a branch. */
const MOST_UNROLLED_WORDS = 12

/** The layer has to pass `fitsPointwise` (INTERNAL otherwise). Throws ACCUMULATOR_OVERFLOW. */
export function emitPointwise(layer: PointwiseLayer, options: WeightedOptions = {}): EmittedKernel {
  const { pixels, inputChannels, outputChannels, weights, params } = layer
  requireFit(fitsPointwise(layer), 'pointwise')
  const rows = Array.from({ length: outputChannels }, (_, c) =>
    weights.subarray(c * inputChannels, (c + 1) * inputChannels),
  )
  const prepared = prepareLayer(params, rows, options)
  // A single pixel is taken twice.
  const isSingle = pixels === 1
  const { planes } = layer
  const output: BlockOutput =
    planes === undefined
      ? { layout: 'nhwc', pixelStride: isSingle ? 0 : outputChannels }
      : { layout: 'planar', planeBytes: planeBytes(planes.layout) }
  const shape = { channels: outputChannels, steps: inputChannels / 4, output }
  const { constants, endOfPairs } = writeBlocks(prepared, shape)

  const k = createAssembler()
  const frame = openFrame(k, [...BLOCK_SLOTS, 'input', 'pairs left', 'planes', 'next output', 'columns left'])
  frame.store('r0', 'input')
  frame.store('r1', 'output')
  frame.store('r2', 'pixels')
  frame.store('r3', 'weights')
  addConstant(k, 'r3', 'r3', endOfPairs, 'r4')
  frame.store('r3', 'end of weights')
  k.constant('r4', Math.ceil(pixels / 2))
  frame.store('r4', 'pairs left')
  if (planes !== undefined) {
    frame.store('r1', 'planes')
    emitBorder(k, 'r1', planeBytes(planes.layout) * outputChannels, params.outputZeroPoint, 'r8')
    emitPlaceAt(k, frame, planes, 0)
  }

  const pair = k.here('two_pixels')
  const r = k.registers({ first: 'r12', second: 'lr', next: 'r4' })
  frame.load(r.first, 'input')
  addConstant(k, r.second, r.first, isSingle ? 0 : inputChannels, r.next)
  addConstant(k, r.next, r.first, 2 * inputChannels, r.next)
  frame.store(r.next, 'input')
  frame.load('r2', 'pixels')
  emitWidenPair(k, r.first, r.second, inputChannels / 4)
  if (planes !== undefined) emitPlacePair(k, frame, planes, isSingle)
  emitBlocks(k, frame, prepared, shape)

  if (planes === undefined) {
    k.comment('past the second pixel, which was written along')
    frame.load('r0', 'output')
    addConstant(k, 'r0', 'r0', outputChannels, 'r1')
    frame.store('r0', 'output')
  }
  frame.load('r2', 'pairs left')
  k.subs('r2', 'r2', 1)
  frame.store('r2', 'pairs left')
  if (pixels > 2 && pixels % 2 === 1) {
    const end = k.label('end')
    k.beq(end)
    k.cmp('r2', 1)
    k.bne(pair)
    k.comment('an odd number of pixels: the last pair takes the pixel before once more')
    if (planes === undefined) {
      addConstant(k, 'r0', 'r0', -outputChannels, 'r1')
      frame.store('r0', 'output')
    } else emitPlaceAt(k, frame, planes, pixels - 2)
    frame.load('r0', 'input')
    addConstant(k, 'r0', 'r0', -inputChannels, 'r1')
    frame.store('r0', 'input')
    k.b(pair)
    k.place(end)
  } else if (pixels > 2) k.bne(pair)
  frame.close()
  return {
    code: k.assemble(),
    constants,
    scratchBytes: shape.steps * 16,
    stackBytes: frame.bytes,
    requantize: prepared.requantizeForm,
  }
}

type PlaneSlot = 'output' | 'second output' | 'planes' | 'next output' | 'columns left'

/** The next pixel is this one. */
function emitPlaceAt(k: Assembler, frame: Frame<PlaneSlot>, { layout, width }: PlanarOutput, pixel: number): void {
  const [row, column] = [Math.floor(pixel / width), pixel % width]
  frame.load('r4', 'planes')
  addConstant(k, 'r4', 'r4', ((layout.top + row) * layout.pitch + layout.left + column) * 2, 'r5')
  frame.store('r4', 'next output')
  k.constant('r4', width - column)
  frame.store('r4', 'columns left')
}

/** Where the pair's outputs go in their first plane; a row's end leads over the border to the next one's start. */
function emitPlacePair(
  k: Assembler,
  frame: Frame<PlaneSlot>,
  { layout, width }: PlanarOutput,
  isSingle: boolean,
): void {
  const next = () => {
    const sameRow = k.label('same_row')
    k.add('r4', 'r4', 2)
    k.subs('r5', 'r5', 1)
    k.bne(sameRow)
    addConstant(k, 'r4', 'r4', (layout.pitch - width) * 2, 'r6')
    k.constant('r5', width)
    k.place(sameRow)
  }
  frame.load('r4', 'next output')
  frame.load('r5', 'columns left')
  frame.store('r4', 'output')
  if (!isSingle) next()
  frame.store('r4', 'second output')
  if (isSingle) return
  next()
  frame.store('r4', 'next output')
  frame.store('r5', 'columns left')
}

/** Words of two pixels to halfwords at r2, four values of the one and four of the other in turn. */
function emitWidenPair(k: Assembler, first: Register, second: Register, words: number): void {
  const widen = (from0: Register, from1: Register) => {
    k.sxtb16('r5', from0)
    k.sxtb16('r6', from0, { ror: 8 })
    k.sxtb16('r7', from1)
    k.sxtb16('r8', from1, { ror: 8 })
    k.stm('r2!', ['r5', 'r6', 'r7', 'r8'])
  }
  const two = () => {
    k.ldm(`${first}!`, ['r0', 'r1'])
    k.ldm(`${second}!`, ['r3', 'r4'])
    widen('r0', 'r3')
    widen('r1', 'r4')
  }
  const twos = words >> 1
  if (words <= MOST_UNROLLED_WORDS) for (let i = 0; i < twos; i++) two()
  else {
    k.loop(twos >> 1, 'r10', () => (two(), two()))
    if (twos % 2 === 1) two()
  }
  if (words % 2 === 1) {
    k.ldr('r0', first)
    k.ldr('r3', second)
    widen('r0', 'r3')
  }
}
