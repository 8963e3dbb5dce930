// Requantise in three instructions where values of both signs are kept. The kernel hands over twice the accumulator:
//
//   ADD    t, R, acc, ASR #31    R, less one for negative values: ties go away from zero
//   SMMLAR x, 2 acc, M, t        x = round(acc * M / 2^31) + t: TFLite's first rounding, exactly
//   SSAT   y, #8, x, ASR #s      its second rounding, by the half in R, and the clamp
//
// R = 2^(s-1) + zero point * 2^s. TFLite looks at the sign of the product, this at that of the accumulator: they differ
// only where the product rounds to zero, and there one less than half still rounds to zero.

import type { Channel, Requantizer } from './plan.ts'
import { agreesEverywhere } from './thresholds.ts'

export interface LinearChannel {
  multiplier: number
  rounding: number
  shift: number
}

export interface LinearRequantize {
  form: 'linear'
  /** of SSAT where all channels have the same; undefined costs one ASR an output */
  shift: number | undefined
  channels: readonly LinearChannel[]
}

/** Beyond this R leaves no head room in 32 bits. */
const LAST_SHIFT = 22
const INT32_MAX = 2147483647

export function findLinear(channels: readonly Channel[], params: Requantizer): LinearRequantize | undefined {
  const found: LinearChannel[] = []
  for (const channel of channels) {
    const { rightShift: shift, multiplier } = channel
    // Without a second rounding there is no half to take one from.
    if (shift < 1 || shift > LAST_SHIFT) return undefined
    const rounding = 2 ** (shift - 1) + params.outputZeroPoint * 2 ** shift
    if (!isProved(channel, params, { multiplier, rounding, shift })) return undefined
    found.push({ multiplier, rounding, shift })
  }
  const shifts = new Set(found.map(({ shift }) => shift))
  return { form: 'linear', shift: shifts.size === 1 ? found[0]!.shift : undefined, channels: found }
}

function isProved(
  { reachable, exact, thresholds }: Channel,
  { activationMin, activationMax }: Requantizer,
  { multiplier, rounding, shift }: LinearChannel,
): boolean {
  const M = BigInt(multiplier)
  const sum = (accumulator: number) =>
    Number((BigInt(2 * accumulator) * M + 2n ** 31n) >> 32n) + rounding + (accumulator < 0 ? -1 : 0)
  const fits = (value: number) => Math.abs(value) <= INT32_MAX
  if (![reachable.min, reachable.max].every((end) => fits(2 * end) && fits(sum(end)))) return false
  const candidate = (accumulator: number) =>
    Math.max(activationMin, Math.min(activationMax, Math.floor(sum(accumulator) / 2 ** shift)))
  return agreesEverywhere(candidate, exact, reachable, thresholds)
}
