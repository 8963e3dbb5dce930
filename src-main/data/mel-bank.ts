// Mel filters in Slaney's form (Auditory Toolbox, 1998), as librosa's default: linear below 1 kHz, logarithmic above,
// each triangle scaled to unit area.

const LINEAR_HZ_PER_MEL = 200 / 3
const BREAK_HZ = 1000
const BREAK_MEL = BREAK_HZ / LINEAR_HZ_PER_MEL
const LOG_STEP = Math.log(6.4) / 27

export const hzToMel = (hz: number) =>
  hz < BREAK_HZ ? hz / LINEAR_HZ_PER_MEL : BREAK_MEL + Math.log(hz / BREAK_HZ) / LOG_STEP

export const melToHz = (mel: number) =>
  mel < BREAK_MEL ? mel * LINEAR_HZ_PER_MEL : BREAK_HZ * Math.exp((mel - BREAK_MEL) * LOG_STEP)

/** One filter: weights for the spectrum's bins `first`, `first + 1`, … */
export interface MelFilter {
  first: number
  weights: Float64Array
}

/** `mels` filters from 0 Hz to half the sample rate over the `fftSize / 2 + 1` bins of a power spectrum. */
export function createMelBank(mels: number, fftSize: number, sampleRate: number): MelFilter[] {
  const top = hzToMel(sampleRate / 2)
  const edges = Float64Array.from({ length: mels + 2 }, (_, i) => melToHz((top * i) / (mels + 1)))
  return Array.from({ length: mels }, (_, m) => {
    const [low, centre, high] = [edges[m]!, edges[m + 1]!, edges[m + 2]!]
    let first = 0
    const weights: number[] = []
    for (let bin = 0; bin <= fftSize / 2; bin++) {
      const hz = (bin * sampleRate) / fftSize
      const weight = Math.min((hz - low) / (centre - low), (high - hz) / (high - centre))
      if (weight <= 0) continue
      if (weights.length === 0) first = bin
      weights.push((weight * 2) / (high - low))
    }
    return { first, weights: Float64Array.from(weights) }
  })
}
