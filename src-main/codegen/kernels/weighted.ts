// Layers of the form acc = bias + sum of w * (x - zero point), as the kernels want them: the zero point folded into the
// bias, the form of the weights, and a proved requantise.

import type { ConvolutionParams } from '../../ir/quantized-params.ts'
import type { ConstantsWriter } from '../constants.ts'
import { requantizeCode, type RequantizeCode } from '../requantize/emit.ts'
import { planRequantize, reachableAccumulators, type RequantizeForm } from '../requantize/plan.ts'
import type { WeightForm } from './kernel.ts'

/** What the caller may ask for; the cheapest that is proved is taken where it does not. */
export interface WeightedOptions {
  weights?: WeightForm
  requantize?: readonly RequantizeForm[]
  /** log2 of what the kernel's own arithmetic multiplies all sums by (Winograd: 2); needs int16 weights */
  gain?: number
}

/** 256 times: where a packed pair's second channel has its sum. */
export const PACKED_GAIN = 8

export interface PreparedLayer {
  form: WeightForm
  requantizeForm: RequantizeForm
  requantize: RequantizeCode
  /** the channel's weights in the kernel's order, as they were */
  weightsOf(channel: number): Int8Array
  /** the first addends of a group: biases with all that the form of weights and requantise add to them */
  biases(channels: readonly number[]): number[]
  /** log2 of what the accumulator of a channel holds, by its place in its group */
  gainOf(place: number): number
}

/**
 * `weights`: output channels x taps, in the kernel's order. `groups`: how channels are taken together; packed weights
 * need groups of an even count, and a channel left over is int16. Weights of -128 have no packed form: int16 then.
 * Throws ACCUMULATOR_OVERFLOW.
 */
export function prepareLayer(
  params: ConvolutionParams,
  weights: readonly Int8Array[],
  { weights: wanted = 'int16', requantize: allowed, gain = 0 }: WeightedOptions,
): PreparedLayer {
  // 256 * -128 and a negative partner do not fit a halfword.
  const form = weights.some((row) => row.includes(-128)) ? 'int16' : wanted
  const folded = weights.map(
    (row, c) => params.bias[c]! - params.inputZeroPoint * row.reduce((sum, weight) => sum + weight, 0),
  )
  const packedChannels = form === 'packed8' ? weights.length & ~1 : 0
  const isPackedSecond = (c: number) => c < packedChannels && c % 2 === 1
  const gains = weights.map((_, c) => (isPackedSecond(c) ? PACKED_GAIN : gain))
  const reachable = weights.map((row, c) => reachableAccumulators(row, folded[c]!))
  const plan = planRequantize(params, reachable, gains, allowed)
  // With a gain the sums are shifted anyway: twice the weights would save nothing and cost a bit of head room.
  const requantize = requantizeCode(plan, params, form === 'int16' && gain === 0)
  return {
    form,
    requantizeForm: plan.form,
    requantize,
    weightsOf: (channel) => weights[channel]!,
    gainOf: (place) => (form === 'packed8' && place % 2 === 1 ? PACKED_GAIN : gain),
    biases(channels) {
      const { weightFactor, addend } = requantize
      return channels.map((c, place) => {
        const own = weightFactor * folded[c]! * 2 ** gains[c]! + addend(c)
        // The packed pair's second sum holds the first one too, until it is subtracted.
        if (!isPackedSecond(c)) return own
        const first = channels[place - 1]!
        return (own + weightFactor * folded[first]! + addend(first)) | 0
      })
    },
  }
}

/**
 * Four taps of a group of channels, in the order of SXTB16: taps 0 and 2 in one word, 1 and 3 in the next. int16: the
 * even words of all channels, then the odd ones, unless `byChannel`; packed8: both words of each pair.
 */
export function writeTaps(
  writer: ConstantsWriter,
  layer: PreparedLayer,
  channels: readonly number[],
  tap: number,
  byChannel: boolean,
): void {
  const at = (c: number, i: number) => layer.weightsOf(c)[tap + i] ?? 0
  if (layer.form === 'packed8' && channels.length % 2 === 0) {
    for (let i = 0; i < channels.length; i += 2) {
      const [a, b] = [channels[i]!, channels[i + 1]!]
      const packed = (j: number) => 256 * at(b, j) + at(a, j)
      writer.pair(packed(0), packed(2))
      writer.pair(packed(1), packed(3))
    }
    return
  }
  const factor = layer.requantize.weightFactor
  const even = (c: number) => writer.pair(factor * at(c, 0), factor * at(c, 2))
  const odd = (c: number) => writer.pair(factor * at(c, 1), factor * at(c, 3))
  const halves = byChannel
    ? channels.flatMap((c) => [() => even(c), () => odd(c)])
    : [...channels.map((c) => () => even(c)), ...channels.map((c) => () => odd(c))]
  for (const write of halves) write()
}
