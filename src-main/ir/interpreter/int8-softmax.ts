// SOFTMAX in int8: exp in Q0.31 of differences in Q5.26, their sum in Q12.19, one reciprocal a row.
// Source of the constants and steps: gemmlowp's exp_on_negative_values and one_over_one_plus_x_for_x_in_0_1.

import { roundingDivideByPowerOfTwo, saturatingRoundingDoublingHighMul } from '../fixed-point.ts'
import { elementCount, type Graph, type Softmax } from '../graph.ts'
import { softmaxParams } from '../quantized-params.ts'
import { tensorAt } from '../tensor-access.ts'
import type { Kernel } from './kernel.ts'

export function prepareSoftmaxInt8(graph: Graph, op: Softmax): Kernel {
  const { shape } = tensorAt(graph, op.inputs[0])
  const depth = shape.at(-1) ?? 1
  const rows = elementCount(shape) / depth
  const exponentials = exponentialTable(graph, op)

  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    for (let row = 0; row < rows; row++) {
      const from = row * depth
      let max = -128
      for (let i = from; i < from + depth; i++) if (input[i]! > max) max = input[i]!
      let sum = 0 // Q12.19
      for (let i = from; i < from + depth; i++) {
        const exponential = exponentials[max - input[i]!]
        if (exponential !== undefined) sum = (sum + roundingDivideByPowerOfTwo(exponential, 12)) | 0
      }
      const headroom = Math.clz32(sum)
      const scale = reciprocal(sum, headroom)
      const shift = 12 - headroom + 31 - 8
      for (let i = from; i < from + depth; i++) {
        const exponential = exponentials[max - input[i]!]
        const product = exponential === undefined ? 0 : saturatingRoundingDoublingHighMul(scale, exponential)
        // beyond 31 bits, which 512 equal inputs reach, every quotient rounds to 0
        output[i] = shift > 31 ? -128 : Math.min(127, roundingDivideByPowerOfTwo(product, shift) - 128)
      }
    }
  }
}

/** exp(-d) in Q0.31 for every distance d from the maximum that still counts: entries 0..-diffMin. */
function exponentialTable(graph: Graph, op: Softmax): number[] {
  const p = softmaxParams(graph, op)
  const distances = Math.min(255, -p.diffMin)
  return Array.from({ length: distances + 1 }, (_, d) =>
    expOnNegativeValues(saturatingRoundingDoublingHighMul(-d << p.inputLeftShift, p.inputMultiplier)),
  )
}

const ONE_QUARTER = 1 << 24 // Q5.26
/** exp(-2^k) in Q0.31 for k = -2..4, and the Q5.26 bit that asks for it. */
const EXP_FACTORS: readonly (readonly [bit: number, factor: number])[] = [
  [1 << 24, 1672461947],
  [1 << 25, 1302514674],
  [1 << 26, 790015084],
  [1 << 27, 290630308],
  [1 << 28, 39332535],
  [1 << 29, 720401],
  [1 << 30, 242],
]

/** exp(a), a <= 0 in Q5.26; result in Q0.31. */
export function expOnNegativeValues(a: number): number {
  if (a === 0) return 2147483647
  const fraction = (a & (ONE_QUARTER - 1)) - ONE_QUARTER // in [-1/4, 0)
  let result = expBetweenMinusQuarterAndZero(fraction << 5)
  const remainder = (fraction - a) | 0
  for (const [bit, factor] of EXP_FACTORS)
    if ((remainder & bit) !== 0) result = saturatingRoundingDoublingHighMul(result, factor)
  return result
}

const EXP_MINUS_EIGHTH = 1895147668
const ONE_THIRD = 715827883

/** exp(a) for a in [-1/4, 0), both Q0.31: a Taylor polynomial of degree 4 around -1/8. */
function expBetweenMinusQuarterAndZero(a: number): number {
  const mul = saturatingRoundingDoublingHighMul
  const x = (a + (1 << 28)) | 0
  const x2 = mul(x, x)
  const x3 = mul(x2, x)
  const quarterX4 = roundingDivideByPowerOfTwo(mul(x2, x2), 2)
  const tail = roundingDivideByPowerOfTwo((mul((quarterX4 + x3) | 0, ONE_THIRD) + x2) | 0, 1)
  return (EXP_MINUS_EIGHTH + mul(EXP_MINUS_EIGHTH, (x + tail) | 0)) | 0
}

const FORTY_EIGHT_SEVENTEENTHS = 1515870810 // Q2.29
const MINUS_THIRTY_TWO_SEVENTEENTHS = -1010580540 // Q2.29

/** 1 / (sum normalised to [1, 2)) in Q0.31, by three Newton-Raphson steps on half of it. */
function reciprocal(sum: number, headroom: number): number {
  const mul = saturatingRoundingDoublingHighMul
  const fraction = (sum << headroom) & 0x7fffffff // normalised - 1, Q0.31
  // (1 + fraction) / 2, rounded half up
  const half = Math.floor((fraction + 2147483647 + 1) / 2) | 0
  let x = (FORTY_EIGHT_SEVENTEENTHS + mul(half, MINUS_THIRTY_TWO_SEVENTEENTHS)) | 0 // Q2.29
  for (let step = 0; step < 3; step++) {
    const error = ((1 << 29) - mul(half, x)) | 0 // 1 - half * x, Q2.29
    x = (x + saturatingShiftLeft(mul(x, error), 2)) | 0
  }
  return saturatingShiftLeft(x, 1)
}

/** gemmlowp's SaturatingRoundingMultiplyByPOT for a positive exponent. */
function saturatingShiftLeft(x: number, exponent: number): number {
  const limit = 2 ** (31 - exponent) - 1
  return x > limit ? 2147483647 : x < -limit ? -2147483648 : x << exponent
}
