// Scales and zero points of TFLite's int8 specification (ai.google.dev/edge/litert/models/quantization_spec).

import { roundHalfAwayFromZero } from '../ir/fixed-point.ts'
import type { Quantization } from '../ir/graph.ts'
import type { Range } from './calibrate.ts'

const QMIN = -128
const QMAX = 127
/** weights stay in -127 … 127, so that they are symmetric */
const WEIGHT_QMAX = 127
/** a bias keeps this far from the ends of int32, for the sum that is added to it */
const BIAS_LIMIT = 2 ** 30
/** input scale * weight scale / output scale stays above this: a channel of all but zero weights needs no finer steps */
const SMALLEST_MULTIPLIER = 2 ** -20
/** the smallest normal float32 */
const SMALLEST_SCALE = 2 ** -126

export const perTensor = (scale: number, zeroPoint: number): Quantization => ({
  scale: [scale],
  zeroPoint: [zeroPoint],
  axis: 0,
})

/**
 * Asymmetric activation: the range, widened to hold zero, over 255 steps; the zero point is rounded to a whole step so
 * that real zero (padding, ReLU) is exact. A range of all but nothing gets scale 1.
 */
export function activationQuantization(range: Range): Quantization {
  const min = Math.min(0, range.min)
  const max = Math.max(0, range.max)
  const scale = Math.fround((max - min) / (QMAX - QMIN))
  if (scale < SMALLEST_SCALE) return perTensor(1, 0)
  const zeroPoint = Math.round(QMIN - min / scale)
  return perTensor(scale, Math.min(QMAX, Math.max(QMIN, zeroPoint)))
}

export function quantizeActivation(values: Float32Array, { scale, zeroPoint }: Quantization): Int8Array {
  return Int8Array.from(values, (value) =>
    Math.min(QMAX, Math.max(QMIN, roundHalfAwayFromZero(Math.fround(value / scale[0]!)) + zeroPoint[0]!)),
  )
}

export interface WeightInput {
  weights: Float32Array
  bias: Float32Array
  /** the output channel of weight `index` */
  channelOf: (index: number) => number
  channels: number
  perChannel: boolean
  inputScale: number
  outputScale: number
}

export interface QuantizedWeights {
  weights: Int8Array
  bias: Int32Array
  /** one, or one a channel */
  weightScales: number[]
  /** input scale * weight scale, likewise */
  biasScales: number[]
}

/**
 * Symmetric weights, int32 bias of scale input * weight. A channel whose bias would leave int32 gets coarser weights,
 * as in TFLite's converter.
 */
export function quantizeWeights(input: WeightInput): QuantizedWeights {
  const { weights, bias, channelOf, perChannel, inputScale, outputScale } = input
  const groups = perChannel ? input.channels : 1
  const groupOf = (channel: number) => (perChannel ? channel : 0)
  const largestWeight = new Float64Array(groups)
  const largestBias = new Float64Array(groups)
  weights.forEach((weight, i) => {
    const group = groupOf(channelOf(i))
    largestWeight[group] = Math.max(largestWeight[group]!, Math.abs(weight))
  })
  bias.forEach((value, channel) => {
    largestBias[groupOf(channel)] = Math.max(largestBias[groupOf(channel)]!, Math.abs(value))
  })
  const weightScales = Array.from(largestWeight, (largest, group) => {
    const smallest = (SMALLEST_MULTIPLIER * outputScale) / inputScale
    const forBias = largestBias[group]! / BIAS_LIMIT / inputScale
    return Math.fround(Math.max(largest / WEIGHT_QMAX, smallest, forBias))
  })
  const biasScales = weightScales.map((scale) => Math.fround(inputScale * scale))
  return {
    weightScales,
    biasScales,
    weights: Int8Array.from(weights, (weight, i) => {
      const q = roundHalfAwayFromZero(weight / weightScales[groupOf(channelOf(i))]!)
      return Math.min(WEIGHT_QMAX, Math.max(-WEIGHT_QMAX, q))
    }),
    bias: Int32Array.from(bias, (value, channel) => roundHalfAwayFromZero(value / biasScales[groupOf(channel)]!)),
  }
}
