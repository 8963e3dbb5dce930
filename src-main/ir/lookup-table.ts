// int8 ops of one value: 256 inputs are possible, so the whole op is a table of 256 outputs, made here once. The interpreter
// looks up in it, and the packer writes it into flash. Arithmetic of the entries: TensorFlow Lite Micro's reference kernels.

import { AppError } from '../base/errors.ts'
import { multiplyByQuantizedMultiplier, quantizeMultiplier, roundingDivideByPowerOfTwo } from './fixed-point.ts'
import { logistic, tanh } from './fixed-point-functions.ts'
import type { Graph, LeakyRelu, Op, Unary } from './graph.ts'
import { scaleOf, tensorAt, zeroPointOf } from './tensor-access.ts'

export type LookupOp = Unary | LeakyRelu

const LOOKUP_KINDS: Record<LookupOp['kind'], true> = {
  ABS: true,
  HARD_SWISH: true,
  LEAKY_RELU: true,
  LOGISTIC: true,
  TANH: true,
}

export const isLookupOp = (op: Op): op is LookupOp => Object.hasOwn(LOOKUP_KINDS, op.kind)

export const LOOKUP_BYTES = 256

/** The outputs of the inputs -128 … 127. Throws MODEL_INVALID where the scales are beyond the kernel's fixed point. */
export function lookupTable(graph: Graph, op: LookupOp): Int8Array {
  const input = tensorAt(graph, op.inputs[0])
  const output = tensorAt(graph, op.outputs[0])
  const scales = { input: scaleOf(input), output: scaleOf(output) }
  const outputZeroPoint = zeroPointOf(output)
  const compute = centredFunction(op, scales)
  return Int8Array.from({ length: LOOKUP_BYTES }, (_, i) =>
    Math.max(-128, Math.min(127, compute(i - 128 - zeroPointOf(input)) + outputZeroPoint)),
  )
}

interface Scales {
  input: number
  output: number
}

/** From an input minus its zero point to the output minus its own, not clamped yet. */
function centredFunction(op: LookupOp, scales: Scales): (x: number) => number {
  switch (op.kind) {
    case 'ABS': {
      const ratio = quantizeMultiplier(scales.input / scales.output)
      return (x) => multiplyByQuantizedMultiplier(Math.abs(x), ratio.multiplier, ratio.shift)
    }
    case 'LEAKY_RELU':
      return leakyRelu(op.alpha, scales)
    case 'LOGISTIC':
      return sigmoidal(scales.input, logistic, 8, { below: 0, above: 255 })
    case 'TANH':
      return sigmoidal(scales.input, tanh, 7, { below: -128, above: 127 })
    case 'HARD_SWISH':
      return hardSwish(scales)
  }
}

/** TFLM takes both quotients in float32; a negative alpha has the magnitude's multiplier, negated. */
function leakyRelu(alpha: number, { input, output }: Scales): (x: number) => number {
  const identity = quantizeMultiplier(Math.fround(input / output))
  const slope = Math.fround(Math.fround(input * alpha) / output)
  const { multiplier, shift } = quantizeMultiplier(Math.abs(slope))
  const signed = slope < 0 ? -multiplier : multiplier
  return (x) =>
    x >= 0
      ? multiplyByQuantizedMultiplier(x, identity.multiplier, identity.shift)
      : multiplyByQuantizedMultiplier(x, signed, shift)
}

const SIGMOID_INTEGER_BITS = 4

/** A function of Q4.27 that gives Q0.31, of which `outputBits` are kept; inputs of 15 and more are at its ends. */
function sigmoidal(
  scale: number,
  compute: (a: number) => number,
  outputBits: number,
  ends: { below: number; above: number },
): (x: number) => number {
  const real = scale * 2 ** (31 - SIGMOID_INTEGER_BITS)
  // a single quantum is 16 or more then: TFLM counts even 0 among the inputs at the lower end
  if (real >= 2 ** 31) return (x) => (x > 0 ? ends.above : ends.below)
  const { multiplier, shift } = quantizeMultiplier(real)
  const farthest = 2 ** SIGMOID_INTEGER_BITS - 1
  const radius = Math.floor((farthest * 2 ** (31 - SIGMOID_INTEGER_BITS)) / 2 ** shift)
  return (x) => {
    if (x <= -radius) return ends.below
    if (x >= radius) return ends.above
    return roundingDivideByPowerOfTwo(compute(multiplyByQuantizedMultiplier(x, multiplier, shift)), 31 - outputBits)
  }
}

/**
 * x * relu6(x + 3) / 6 in 16 bits: x once on the output's scale, once as a fraction of 3 that is moved from [-1, 1] to
 * [0, 1], and their product. The input has 7 bits of head room.
 */
function hardSwish({ input, output }: Scales): (x: number) => number {
  const hiresScale = Math.fround(input / 128)
  const toOutput = quantizeMultiplier(Math.fround(hiresScale / output))
  const toFraction = quantizeMultiplier(Math.fround(hiresScale / Math.fround(3 / 32768)))
  if (toOutput.shift > 0 || toOutput.shift < -15 || toFraction.shift < -15)
    throw new AppError('MODEL_INVALID', `HARD_SWISH from scale ${input} to ${output} is beyond its 16-bit arithmetic.`)
  const outputMultiplier = toInt16(toOutput.multiplier)
  const fractionMultiplier = toInt16(toFraction.multiplier)
  const left = Math.max(0, toFraction.shift)
  return (x) => {
    const hires = x * 128
    // the last bit of a shift to the left comes after the product, so that what saturates is the result alone
    const shifted = left > 0 ? saturate16(hires * 2 ** (left - 1)) : hires
    const product = highMul16(shifted, fractionMultiplier)
    const fraction =
      left > 0 ? saturate16(product * 2) : roundingDivideByPowerOfTwo(product, Math.max(0, -toFraction.shift))
    const gate = (fraction + 32768) >> 1
    const scaled = Math.trunc((gate * highMul16(hires, outputMultiplier)) / 32768)
    return roundingDivideByPowerOfTwo(scaled, -toOutput.shift)
  }
}

const saturate16 = (x: number) => Math.max(-32768, Math.min(32767, x))

/** Q31 rounded to Q15. */
const toInt16 = (multiplier: number) => Math.min(32767, (multiplier + 32768) / 65536) | 0

/** The high 16 bits of 2ab, rounded; gemmlowp's int16 SaturatingRoundingDoublingHighMul for b > -32768. */
const highMul16 = (a: number, b: number) => (a * b + 16384) >> 15
