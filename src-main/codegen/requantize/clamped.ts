// Requantise in two instructions where the lower clamp is the lowest int8 (ReLU at zero point -128):
//
//   SMMLA x, acc, M', R        x = (acc * M' + R * 2^32) >> 32
//   SSAT  y, #8, x, ASR #s
//
// R holds zero point and rounding, and saturation is the clamp. What TFLite does beyond that for negative values is
// clamped away, and its first rounding is met by adding a small constant k to the bias. k and R are searched so that
// every one of the at most 255 steps of the exact staircase comes at its accumulator.

import type { Channel } from './plan.ts'
import { agreesEverywhere } from './thresholds.ts'

/** Constants of one channel: the kernel adds `addend` to 2^gain times its bias. */
export interface ClampedChannel {
  addend: number
  multiplier: number
  rounding: number
}

export interface ClampedRequantize {
  form: 'clamped'
  /** of SSAT, for a gain of 0; a channel's own is this and its gain */
  shift: number
  channels: readonly ClampedChannel[]
}

/** Beyond this an R of int8 << shift leaves no head room in 32 bits. */
const LAST_SHIFT = 22
/** Smaller shifts keep fewer bits of the multiplier; a few are tried before giving up. */
const SHIFTS_TRIED = 4
const ROUNDINGS_TRIED = 1 << 16
const WORD = 2n ** 32n
const INT32_MAX = 2147483647

/** One shift for the whole layer and constants for each channel, or undefined where a channel has none. */
export function findClamped(channels: readonly Channel[], zeroPoint: number): ClampedRequantize | undefined {
  const largestGain = Math.max(...channels.map(({ gain }) => gain))
  const steps = channels.filter(({ thresholds }) => thresholds.length > 0)
  // M' = M * 2^(1 + shift - right shift) has to stay below 2^31: the smallest right shift decides.
  const most = Math.min(LAST_SHIFT - largestGain, ...steps.map(({ rightShift }) => rightShift - 1))
  for (let shift = most; shift >= 0 && shift > most - SHIFTS_TRIED; shift--) {
    const found: ClampedChannel[] = []
    for (const channel of channels) {
      const constants = findChannel(channel, shift, zeroPoint)
      if (constants === undefined) break
      found.push(constants)
    }
    if (found.length === channels.length) return { form: 'clamped', shift, channels: found }
  }
  return undefined
}

function findChannel(channel: Channel, shift: number, zeroPoint: number): ClampedChannel | undefined {
  const shiftOfChannel = shift + channel.gain
  if (channel.thresholds.length === 0)
    return { addend: 0, multiplier: 0, rounding: channel.exact(channel.reachable.min) * 2 ** shiftOfChannel }
  const base = Math.floor(channel.multiplier * 2 ** (1 + shift - channel.rightShift))
  for (const multiplier of [base, base + 1, base - 1, base + 2]) {
    if (multiplier < 1 || multiplier > INT32_MAX) continue
    const constants = searchRounding(channel, shiftOfChannel, multiplier, zeroPoint)
    if (constants !== undefined) return constants
  }
  return undefined
}

/**
 * k M' + R 2^32 has to lie in [low, high), the interval in which all steps come at their places. For one R the smallest k
 * above `low` misses it by `gap`; the next R moves the gap by 2^32 modulo M'.
 */
function searchRounding(
  channel: Channel,
  shift: number,
  multiplier: number,
  zeroPoint: number,
): ClampedChannel | undefined {
  const M = BigInt(multiplier)
  const { low, high } = allowedOffsets(channel, shift, M)
  if (low >= high) return undefined
  const width = Number(high - low < M ? high - low : M)
  const start = low / WORD
  const modulo = (value: bigint) => Number(((value % M) + M) % M)
  const step = modulo(WORD)
  for (const direction of [1, -1]) {
    let gap = modulo(start * WORD - low)
    const move = direction === 1 ? step : multiplier - step
    for (let i = 0; i < ROUNDINGS_TRIED; i++) {
      if (gap < width) {
        const rounding = start + BigInt(i * direction)
        const addend = (low + BigInt(gap) - rounding * WORD) / M
        const constants = { addend: Number(addend), multiplier, rounding: Number(rounding) }
        if (isProved(channel, shift, constants)) return constants
      }
      gap += move
      if (gap >= multiplier) gap -= multiplier
    }
  }
  // Nothing near: the zero point alone as R, with k as large as it has to be.
  const rounding = BigInt(zeroPoint) << BigInt(shift)
  const gap = modulo(rounding * WORD - low)
  if (gap >= width) return undefined
  const constants = {
    ...{ addend: Number((low + BigInt(gap) - rounding * WORD) / M), multiplier, rounding: Number(rounding) },
  }
  return isProved(channel, shift, constants) ? constants : undefined
}

/** Where k M' + R 2^32 may lie: every step at its place, and nothing beyond the values at both ends. */
function allowedOffsets({ thresholds, reachable, exact, gain }: Channel, shift: number, M: bigint) {
  const step = WORD << BigInt(shift)
  const scaled = (accumulator: number) => (BigInt(accumulator) << BigInt(gain)) * M
  const lowest = exact(reachable.min)
  const highest = exact(reachable.max)
  const lows = thresholds.map(({ level, at }) => BigInt(level) * step - scaled(at))
  const highs = thresholds.map(({ level, at }) => BigInt(level) * step - scaled(at - 1))
  // Saturation itself holds the ends of int8.
  if (lowest > -128) lows.push(BigInt(lowest) * step - scaled(reachable.min))
  if (highest < 127) highs.push(BigInt(highest + 1) * step - scaled(reachable.max))
  return {
    low: lows.reduce((a, b) => (a > b ? a : b)),
    high: highs.reduce((a, b) => (a < b ? a : b)),
  }
}

/** The instructions' own arithmetic at both sides of every step; none of their results may leave 32 bits. */
function isProved(channel: Channel, shift: number, { addend, multiplier, rounding }: ClampedChannel): boolean {
  const { gain, reachable, exact, thresholds } = channel
  const M = BigInt(multiplier)
  const operand = (accumulator: number) => accumulator * 2 ** gain + addend
  const sum = (accumulator: number) => Number((BigInt(operand(accumulator)) * M) >> 32n) + rounding
  const fits = (value: number) => Math.abs(value) <= INT32_MAX
  const ends = [reachable.min, reachable.max]
  if (!fits(rounding) || !ends.every((end) => fits(operand(end)) && fits(sum(end)))) return false
  const candidate = (accumulator: number) => Math.max(-128, Math.min(127, Math.floor(sum(accumulator) / 2 ** shift)))
  return agreesEverywhere(candidate, exact, reachable, thresholds)
}
