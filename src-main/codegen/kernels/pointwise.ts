// CONV_2D 1x1 of stride 1, and FULLY_CONNECTED of several rows: a matrix product of pixels and channels.
// Two neighbouring pixels are widened to halfwords once and meet all channels (gemm-block.ts).
//
// A pixel's outputs are written when it has been widened, and no pixel is read twice: where it has no more outputs than
// inputs, the output may lie where the input does.

import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import { createAssembler, type Assembler } from '../assembler.ts'
import type { Register } from '../thumb/operands.ts'
import { BLOCK_SLOTS, emitBlocks, SECOND_PIXEL, STEP_BYTES, writeBlocks } from './gemm-block.ts'
import { addConstant, openFrame, requireFit, type EmittedKernel } from './kernel.ts'
import { prepareLayer, type WeightedOptions } from './weighted.ts'

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
}

export const fitsPointwise = ({ inputChannels, outputChannels }: PointwiseLayer) =>
  inputChannels % 4 === 0 && outputChannels < 4095

export const pointwiseWorksInPlace = ({ inputChannels, outputChannels }: PointwiseLayer) =>
  outputChannels <= inputChannels

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
  const shape = { channels: outputChannels, steps: inputChannels / 4, pixelStride: isSingle ? 0 : outputChannels }
  const { constants, endOfPairs } = writeBlocks(prepared, shape)

  const k = createAssembler()
  const frame = openFrame(k, [...BLOCK_SLOTS, 'input', 'pairs left'])
  frame.store('r0', 'input')
  frame.store('r1', 'output')
  frame.store('r2', 'pixels')
  frame.store('r3', 'weights')
  addConstant(k, 'r3', 'r3', endOfPairs, 'r4')
  frame.store('r3', 'end of weights')
  k.constant('r4', Math.ceil(pixels / 2))
  frame.store('r4', 'pairs left')

  const pair = k.here('two_pixels')
  const r = k.registers({ first: 'r12', second: 'lr', next: 'r4' })
  frame.load(r.first, 'input')
  addConstant(k, r.second, r.first, isSingle ? 0 : inputChannels, r.next)
  addConstant(k, r.next, r.first, 2 * inputChannels, r.next)
  frame.store(r.next, 'input')
  frame.load('r2', 'pixels')
  emitWidenPair(k, r.first, r.second, inputChannels / 4)
  const widened = k.here('widened')
  emitBlocks(k, frame, prepared, shape)

  k.comment('past the second pixel, which was written along')
  frame.load('r0', 'output')
  addConstant(k, 'r0', 'r0', outputChannels, 'r1')
  frame.store('r0', 'output')
  frame.load('r2', 'pairs left')
  k.subs('r2', 'r2', 1)
  frame.store('r2', 'pairs left')
  if (pixels > 2 && pixels % 2 === 1) {
    const end = k.label('end')
    k.beq(end)
    k.cmp('r2', 1)
    k.bne(pair)
    k.comment('an odd number of pixels: the last pair takes the pixel before once more, from scratch')
    addConstant(k, 'r0', 'r0', -outputChannels, 'r1')
    frame.store('r0', 'output')
    frame.load('r1', 'input')
    frame.load('r2', 'pixels')
    k.loop(shape.steps, 'r10', () => {
      k.ldrd('r4', 'r5', 'r2', SECOND_PIXEL)
      k.ldr('r0', 'r1', { post: 4 })
      k.sxtb16('r6', 'r0')
      k.sxtb16('r7', 'r0', { ror: 8 })
      k.strd('r6', 'r7', 'r2', SECOND_PIXEL)
      k.strd('r4', 'r5', 'r2', { post: STEP_BYTES })
    })
    k.b(widened)
    k.place(end)
  } else if (pixels > 2) k.bne(pair)
  frame.close()
  return {
    code: k.assemble(),
    constants,
    scratchBytes: shape.steps * STEP_BYTES,
    stackBytes: frame.bytes,
    requantize: prepared.requantizeForm,
  }
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
