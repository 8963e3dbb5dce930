// How a layer's accumulators become int8: the cheapest of three forms whose constants are PROVED to give exactly what
// TFLite's double rounding gives, for every accumulator that the layer can reach.

import { AppError } from '../../base/errors.ts'
import { requantize } from '../../ir/interpreter/int8-requantize.ts'
import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import { findClamped, type ClampedRequantize } from './clamped.ts'
import { findLinear, type LinearRequantize } from './linear.ts'
import { thresholdsOf, type Interval, type Staircase, type Threshold } from './thresholds.ts'

export type RequantizeForm = 'clamped' | 'linear' | 'plain'

/** TFLite's arithmetic step by step; needs no search. About 14 instructions an output. */
export interface PlainRequantize {
  form: 'plain'
}

export type RequantizePlan = ClampedRequantize | LinearRequantize | PlainRequantize

/** One output channel, as the searches see it. */
export interface Channel {
  /** Q31 */
  multiplier: number
  /** positive = right */
  rightShift: number
  reachable: Interval
  exact: Staircase
  thresholds: readonly Threshold[]
  /** the kernel hands over 2^gain times the accumulator (packed weights, Winograd) */
  gain: number
}

/** The output's side of a layer. */
export type Requantizer = Omit<ConvolutionParams, 'inputZeroPoint' | 'bias'>

const INT32_MAX = 2147483647

/**
 * Bounds of bias + sum of weights * x over all int8 x: `weights` and `bias` as the kernel uses them, the input's zero
 * point folded into the bias. No bound is ever exceeded, and both are reached.
 */
export function reachableAccumulators(weights: ArrayLike<number>, bias: number): Interval {
  let [min, max] = [bias, bias]
  for (let i = 0; i < weights.length; i++) {
    const weight = weights[i]!
    min += weight > 0 ? weight * -128 : weight * 127
    max += weight > 0 ? weight * 127 : weight * -128
  }
  return { min, max }
}

/**
 * Chooses the form. `reachable` and `gains` for each output channel; `allowed` leaves forms out. Throws
 * ACCUMULATOR_OVERFLOW where an accumulator, or what the arithmetic makes of it, can leave 32 bits.
 */
export function planRequantize(
  params: Requantizer,
  reachable: readonly Interval[],
  gains: readonly number[],
  allowed: readonly RequantizeForm[] = ['clamped', 'linear', 'plain'],
): RequantizePlan {
  const channels = reachable.map((interval, c) => channelOf(params, interval, gains[c]!, c))
  const found =
    (allowed.includes('clamped') ? findClamped(channels, params.outputZeroPoint) : undefined) ??
    (allowed.includes('linear') ? findLinear(channels, params) : undefined)
  return found ?? { form: 'plain' }
}

function channelOf(params: Requantizer, reachable: Interval, gain: number, index: number): Channel {
  const multiplier = params.multipliers[index]!
  const shift = params.shifts[index]!
  const largest = Math.max(-reachable.min, reachable.max)
  // The rounding that is added before the right shift takes as much again as the shift lets through.
  const shifted = Math.max(largest * 2 ** (Math.max(0, shift) + 1), largest * 2 ** gain)
  if (shifted > INT32_MAX)
    throw new AppError('ACCUMULATOR_OVERFLOW', `Channel ${index} can reach ${shifted}, which is beyond 32 bits.`, {
      context: { channel: index, bound: shifted },
    })
  const exact: Staircase = (accumulator) => requantize(accumulator, index, params as ConvolutionParams)
  return { multiplier, rightShift: -shift, reachable, exact, thresholds: thresholdsOf(exact, reachable), gain }
}
