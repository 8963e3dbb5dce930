// The integer constants of every int8 op, computed once here. The interpreter runs on them and the packer writes the
// same numbers into flash, so that host and chip can't drift apart.
// Source of the formulas: the Prepare functions of TensorFlow Lite Micro's reference kernels. Scales are float32
// values; products and quotients are taken in double exactly where those kernels do.

import { AppError } from '../base/errors.ts'
import { quantizeMultiplier, roundHalfAwayFromZero, type QuantizedMultiplier } from './fixed-point.ts'
import {
  elementCount,
  type Activation,
  type Add,
  type Conv2D,
  type DepthwiseConv2D,
  type Dequantize,
  type FullyConnected,
  type Graph,
  type Mean,
  type Op,
  type Pad,
  type Pool2D,
  type Quantize,
  type Relu,
  type Softmax,
  type Sub,
  type Tensor,
  type TransposeConv,
} from './graph.ts'
import { constantOf, scaleOf, tensorAt, zeroPointOf } from './tensor-access.ts'

export interface ActivationRange {
  activationMin: number
  activationMax: number
}

const INT8_MIN = -128
const INT8_MAX = 127

/** The real interval of each fused activation. */
const ACTIVATION_BOUNDS: Record<Activation, readonly [number, number]> = {
  none: [-Infinity, Infinity],
  relu: [0, Infinity],
  relu6: [0, 6],
  relu_n1_to_1: [-1, 1],
}

/** float32 clamp of a fused activation. */
export const activationBounds = (activation: Activation) => ACTIVATION_BOUNDS[activation]

/** int8 clamp of a fused activation at the output's scale and zero point. */
export function activationRange(activation: Activation, output: Tensor): ActivationRange {
  const [low, high] = ACTIVATION_BOUNDS[activation]
  const scale = scaleOf(output)
  const zeroPoint = zeroPointOf(output)
  const quantized = (real: number) => zeroPoint + roundHalfAwayFromZero(Math.fround(real / scale))
  return {
    activationMin: Math.max(INT8_MIN, quantized(low)),
    activationMax: Math.min(INT8_MAX, quantized(high)),
  }
}

export interface ConvolutionParams extends ActivationRange {
  inputZeroPoint: number
  outputZeroPoint: number
  /** Q31, one for each output channel */
  multipliers: Int32Array
  /** one for each output channel, positive = left */
  shifts: Int32Array
  /** one for each output channel; zeros where the op has no bias */
  bias: Int32Array
}

/** CONV_2D, DEPTHWISE_CONV_2D, FULLY_CONNECTED, TRANSPOSE_CONV: acc = bias + sum w * (x - inputZeroPoint), scaled, offset, clamped. */
export function convolutionParams(
  graph: Graph,
  op: Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv,
): ConvolutionParams {
  const input = tensorAt(graph, op.inputs[0])
  const weights = tensorAt(graph, op.inputs[1])
  const output = tensorAt(graph, op.outputs[0])
  const channels = outputChannels(weights, op.kind)
  const scales = weights.quantization?.scale ?? []
  const multipliers = new Int32Array(channels)
  const shifts = new Int32Array(channels)
  for (let c = 0; c < channels; c++) {
    const weightScale = scales[scales.length === 1 ? 0 : c]
    if (weightScale === undefined)
      throw new AppError('MODEL_INVALID', `${weights.name} lacks a scale for channel ${c}.`)
    // A per-tensor FULLY_CONNECTED multiplies the two scales in float32; everything per channel does so in double.
    const product =
      op.kind === 'FULLY_CONNECTED' && scales.length === 1
        ? Math.fround(scaleOf(input) * weightScale)
        : scaleOf(input) * weightScale
    const { multiplier, shift } = quantizeMultiplier(product / scaleOf(output))
    multipliers[c] = multiplier
    shifts[c] = shift
  }
  return {
    inputZeroPoint: zeroPointOf(input),
    outputZeroPoint: zeroPointOf(output),
    multipliers,
    shifts,
    bias: op.inputs[2] === undefined ? new Int32Array(channels) : constantOf(graph, op.inputs[2], Int32Array),
    ...activationRange(op.activation, output),
  }
}

/** The weights' dimension that counts output channels. */
export const outputChannelAxis = (kind: Op['kind']) => (kind === 'DEPTHWISE_CONV_2D' ? 3 : 0)

const outputChannels = (weights: Tensor, kind: Op['kind']) => weights.shape[outputChannelAxis(kind)] ?? 0

export interface AddParams extends ActivationRange {
  inputZeroPoints: readonly [number, number]
  outputZeroPoint: number
  /** both inputs are shifted left by this before they are brought to a common scale */
  leftShift: number
  inputMultipliers: readonly [QuantizedMultiplier, QuantizedMultiplier]
  outputMultiplier: QuantizedMultiplier
}

const ADD_LEFT_SHIFT = 20

/** Of ADD and SUB. Their Prepare functions differ: TFLM takes the quotients of ADD in double, those of SUB in float32. */
export function addParams(graph: Graph, op: Add | Sub): AddParams {
  const a = tensorAt(graph, op.inputs[0])
  const b = tensorAt(graph, op.inputs[1])
  const output = tensorAt(graph, op.outputs[0])
  const twiceMaxScale = 2 * Math.max(scaleOf(a), scaleOf(b))
  const quotient = (x: number, y: number) => (op.kind === 'SUB' ? Math.fround(x / y) : x / y)
  return {
    inputZeroPoints: [zeroPointOf(a), zeroPointOf(b)],
    outputZeroPoint: zeroPointOf(output),
    leftShift: ADD_LEFT_SHIFT,
    inputMultipliers: [
      quantizeMultiplier(quotient(scaleOf(a), twiceMaxScale)),
      quantizeMultiplier(quotient(scaleOf(b), twiceMaxScale)),
    ],
    outputMultiplier: quantizeMultiplier(quotient(twiceMaxScale, 2 ** ADD_LEFT_SHIFT * scaleOf(output))),
    ...activationRange(op.activation, output),
  }
}

/** AVERAGE_POOL_2D and MAX_POOL_2D only clamp: input and output share scale and zero point. */
export const poolParams = (graph: Graph, op: Pool2D): ActivationRange =>
  activationRange(op.activation, tensorAt(graph, op.outputs[0]))

export interface RescaleParams {
  inputZeroPoint: number
  outputZeroPoint: number
  multiplier: number
  shift: number
}

/** int8 -> int8 by the ratio of the scales: QUANTIZE between two int8 tensors. */
export function rescaleParams(graph: Graph, op: Quantize | Relu | Mean): RescaleParams {
  const input = tensorAt(graph, op.inputs[0])
  const output = tensorAt(graph, op.outputs[0])
  return {
    inputZeroPoint: zeroPointOf(input),
    outputZeroPoint: zeroPointOf(output),
    ...quantizeMultiplier(scaleOf(input) / scaleOf(output)),
  }
}

/**
 * RELU and RELU6 standing alone: rescale, then clamp. TFLM's RELU6 takes equal scales for granted and only clamps, which
 * is the same there; TFLite's rescales, as this does.
 */
export function reluParams(graph: Graph, op: Relu): RescaleParams & ActivationRange {
  const output = tensorAt(graph, op.outputs[0])
  return { ...rescaleParams(graph, op), ...activationRange(op.kind === 'RELU' ? 'relu' : 'relu6', output) }
}

export interface MeanParams extends RescaleParams {
  /** elements that one output averages */
  count: number
}

/**
 * MEAN as TFLM's QuantizedMeanOrSum computes it: out = zp + rescale(sum - count * inputZeroPoint), where 1/count is
 * folded into the multiplier by an integer division of `multiplier << floor(log2 count)`.
 */
export function meanParams(graph: Graph, op: Mean): MeanParams {
  const shape = tensorAt(graph, op.inputs[0]).shape
  const count = op.axes.reduce((product, axis) => product * (shape[axis] ?? 1), 1)
  const base = rescaleParams(graph, op)
  const fold = Math.min(31 - Math.clz32(count), 32, 31 + base.shift)
  return {
    ...base,
    count,
    // 31 + 31 bits: more than a double holds, and this runs once a model
    multiplier: Number((BigInt(base.multiplier) << BigInt(fold)) / BigInt(count)),
    shift: base.shift - fold,
  }
}

export interface SoftmaxParams {
  /** Q31 and left shift that bring an int8 difference to Q5.26 */
  inputMultiplier: number
  inputLeftShift: number
  /** differences from the maximum below this give exactly the lowest output */
  diffMin: number
}

const SCALED_DIFF_INTEGER_BITS = 5

/** SOFTMAX; its output has scale 1/256 and zero point -128. `beta` is a float32 value. */
export function softmaxParams(graph: Graph, op: Softmax): SoftmaxParams {
  const scale = scaleOf(tensorAt(graph, op.inputs[0]))
  const real = Math.min(op.beta * scale * 2 ** (31 - SCALED_DIFF_INTEGER_BITS), 2147483647)
  if (!(real > 1))
    throw new AppError('MODEL_INVALID', `SOFTMAX with beta ${op.beta} and input scale ${scale} is out of range.`)
  const { multiplier, shift } = quantizeMultiplier(real)
  const radius = ((1 << SCALED_DIFF_INTEGER_BITS) - 1) * 2 ** (31 - SCALED_DIFF_INTEGER_BITS - shift)
  return { inputMultiplier: multiplier, inputLeftShift: shift, diffMin: -Math.floor(radius) }
}

export interface AffineParams {
  /** float32 */
  scale: number
  zeroPoint: number
}

/** QUANTIZE float32 -> int8: q = clamp(round(x / scale) + zeroPoint), float32 division, ties away from zero. */
export function quantizeParams(graph: Graph, op: Quantize): AffineParams {
  const output = tensorAt(graph, op.outputs[0])
  return { scale: scaleOf(output), zeroPoint: zeroPointOf(output) }
}

/** DEQUANTIZE int8 -> float32: x = scale * (q - zeroPoint), one float32 product. */
export function dequantizeParams(graph: Graph, op: Dequantize): AffineParams {
  const input = tensorAt(graph, op.inputs[0])
  return { scale: scaleOf(input), zeroPoint: zeroPointOf(input) }
}

/** What PAD fills with: real zero. */
export const padValue = (graph: Graph, op: Pad) => {
  const output = tensorAt(graph, op.outputs[0])
  return output.quantization === undefined ? 0 : zeroPointOf(output)
}

/** Batches (rows) of a FULLY_CONNECTED: everything in its input beyond one weight row. */
export function fullyConnectedShape(graph: Graph, op: FullyConnected) {
  const [outputs = 0, inputs = 0] = tensorAt(graph, op.inputs[1]).shape
  return { batches: elementCount(tensorAt(graph, op.inputs[0]).shape) / inputs, inputs, outputs }
}
