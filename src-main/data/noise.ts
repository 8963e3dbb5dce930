import type { Rng } from '../base/rng.ts'

/**
 * White noise of unit variance, near enough to normal for sound: four 16-bit uniforms from two draws
 * (the sum of four uniforms on [0, 1) has variance 4/12).
 */
export function whiteNoise(rng: Rng, samples: number): Float64Array {
  const noise = new Float64Array(samples)
  const scale = Math.sqrt(3) / 65536
  for (let i = 0; i < samples; i++) {
    const a = rng.uint32()
    const b = rng.uint32()
    noise[i] = ((a & 0xffff) + (a >>> 16) + (b & 0xffff) + (b >>> 16) - 131070) * scale
  }
  return noise
}

/** One-pole low-pass of `pole` in [0, 1), scaled so that white noise keeps its variance. In place. */
export function lowPass(signal: Float64Array, pole: number): Float64Array {
  const gain = Math.sqrt(1 - pole * pole)
  let state = 0
  for (let i = 0; i < signal.length; i++) {
    state = pole * state + gain * signal[i]!
    signal[i] = state
  }
  return signal
}

/**
 * Envelope of events that come at random, `perSecond` on average, jump to 1 and fade with `fadeSeconds`.
 * Overlapping events do not add up.
 */
export function eventEnvelope(
  rng: Rng,
  samples: number,
  sampleRate: number,
  perSecond: number,
  fadeSeconds: number,
): Float64Array {
  const envelope = new Float64Array(samples)
  const fade = Math.exp(-1 / (fadeSeconds * sampleRate))
  const untilNext = () => Math.ceil((-Math.log(1 - rng.float()) * sampleRate) / perSecond)
  let next = untilNext()
  let level = 0
  for (let i = 0; i < samples; i++) {
    if (i === next) {
      level = 1
      next += Math.max(1, untilNext())
    }
    envelope[i] = level
    level *= fade
  }
  return envelope
}
