import type { Rng } from '../base/rng.ts'

const REFLECTIONS = 6
/** delays of the two combs of the late reverberation, in samples; prime to each other */
const COMB_DELAYS = [1117, 1493] as const

/** A small workshop: a few early reflections and two feedback combs, different for every recording. */
export function reverberate(dry: Float64Array, rng: Rng): Float64Array {
  const wet = Float64Array.from(dry)
  for (let r = 0; r < REFLECTIONS; r++) {
    const delay = 20 + rng.int(480)
    const gain = rng.uniform(-0.35, 0.35)
    for (let i = delay; i < dry.length; i++) wet[i] = wet[i]! + gain * dry[i - delay]!
  }
  const early = Float64Array.from(wet)
  const feedback = rng.uniform(0.25, 0.45)
  for (const delay of COMB_DELAYS) {
    const line = new Float64Array(delay)
    let at = 0
    for (let i = 0; i < early.length; i++) {
      const out = line[at]!
      line[at] = 0.3 * early[i]! + feedback * out
      wet[i] = wet[i]! + out
      at = at + 1 === delay ? 0 : at + 1
    }
  }
  return wet
}
