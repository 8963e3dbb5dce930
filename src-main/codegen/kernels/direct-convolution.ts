// CONV_2D of any window, stride and dilation: the windows of two pixels are gathered into scratch as halfwords, side by side,
// and meet all channels there (gemm-block.ts).
//
// A window's row is one run of bytes in NHWC. A gather reads it as words, aligned or not, and widens it in the order of
// SXTB16; what is left of a row beyond its last word is collected behind all rows, so that few-channel first layers waste no
// products. The host orders the weights the same way. A window that crosses the border is first copied into a small window of
// bytes filled with the input's zero point, which stands for a real zero; the gather then reads that. So the padded input
// never exists as a whole, and only border pixels pay.

import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import type { WindowGeometry } from '../../ir/shapes.ts'
import { createAssembler } from '../assembler.ts'
import { emitBlocks, SECOND_PIXEL, STEP_BYTES, writeBlocks } from './gemm-block.ts'
import { addConstant, openFrame, requireFit, type EmittedKernel } from './kernel.ts'
import { prepareLayer, type WeightedOptions } from './weighted.ts'
import {
  emitGatherPixel,
  emitNextPixel,
  emitWindowAt,
  GATHER_SLOTS,
  gatherOf,
  tapOrder,
  windowBytes,
  type WindowGather,
} from './window-gather.ts'

export interface DirectConvolutionLayer {
  /** of one batch */
  geometry: WindowGeometry
  /** [outputC, filterH, filterW, inputC] */
  weights: Int8Array
  params: ConvolutionParams
}

export const fitsDirectConvolution = ({ geometry: { batches, outputC } }: DirectConvolutionLayer) =>
  batches === 1 && outputC < 4095

/** The layer has to pass `fitsDirectConvolution` (INTERNAL otherwise). Throws ACCUMULATOR_OVERFLOW. */
export function emitDirectConvolution(layer: DirectConvolutionLayer, options: WeightedOptions = {}): EmittedKernel {
  const { geometry: g, weights, params } = layer
  requireFit(fitsDirectConvolution(layer), 'direct convolution')
  const gather = gatherOf(g)
  const order = tapOrder(g, gather)
  const taps = g.filterH * gather.bytes
  const rows = Array.from({ length: g.outputC }, (_, c) => Int8Array.from(order, (tap) => weights[c * taps + tap]!))
  const prepared = prepareLayer(params, rows, options)
  const pixels = g.outputH * g.outputW
  // A single pixel is taken twice.
  const shape = { channels: g.outputC, steps: gather.steps, pixelStride: pixels === 1 ? 0 : g.outputC }
  const { constants, endOfPairs } = writeBlocks(prepared, shape)

  const k = createAssembler()
  const frame = openFrame(k, [...GATHER_SLOTS, 'pairs left'])
  const emitter: WindowGather = { k, frame, geometry: g, zeroPoint: params.inputZeroPoint, gather }
  frame.store('r0', 'input')
  frame.store('r1', 'output')
  frame.store('r2', 'pixels')
  frame.store('r3', 'weights')
  addConstant(k, 'r3', 'r3', endOfPairs, 'r4')
  frame.store('r3', 'end of weights')
  k.constant('r4', Math.ceil(pixels / 2))
  frame.store('r4', 'pairs left')
  emitWindowAt(emitter, 0)

  const gatherPixel = k.label('gather_pixel')
  const pair = k.here('two_pixels')
  for (const target of [0, SECOND_PIXEL]) {
    frame.load('r2', 'pixels')
    if (target > 0) k.add('r2', 'r2', target)
    k.bl(gatherPixel)
    if (pixels > 1) emitNextPixel(emitter)
  }
  emitBlocks(k, frame, prepared, shape)
  k.comment('past the second pixel, which was written along')
  frame.load('r0', 'output')
  addConstant(k, 'r0', 'r0', g.outputC, 'r1')
  frame.store('r0', 'output')
  frame.load('r2', 'pairs left')
  k.subs('r2', 'r2', 1)
  frame.store('r2', 'pairs left')
  if (pixels > 2 && pixels % 2 === 1) {
    const end = k.label('end')
    k.beq(end)
    k.cmp('r2', 1)
    k.bne(pair)
    k.comment('an odd number of pixels: the last pair takes the pixel before once more')
    addConstant(k, 'r0', 'r0', -g.outputC, 'r1')
    frame.store('r0', 'output')
    emitWindowAt(emitter, pixels - 2)
    k.b(pair)
    k.place(end)
  } else if (pixels > 2) k.bne(pair)
  frame.close()
  k.place(gatherPixel)
  emitGatherPixel(emitter)
  return {
    code: k.assemble(),
    constants,
    scratchBytes: gather.steps * STEP_BYTES + windowBytes(emitter),
    stackBytes: frame.bytes,
    requantize: prepared.requantizeForm,
  }
}
