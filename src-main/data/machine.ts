// The built-in fleet: small geared motors, each with its own speed, gear, bearing, housing and load.

import { createRng, type Rng } from '../base/rng.ts'

/** A resonance of the housing. */
export interface Mode {
  frequencyHz: number
  quality: number
  gain: number
}

export interface Machine {
  id: number
  shaftHz: number
  /** amplitudes of the shaft's harmonics 1, 2, … */
  shaftHarmonics: readonly number[]
  gearTeeth: number
  /** amplitudes of the gear mesh frequency's harmonics 1, 2, 3 */
  meshHarmonics: readonly [number, number, number]
  /** how strongly one turn modulates the mesh: the sidebands */
  meshModulation: number
  bearingBalls: number
  /** (ball diameter / pitch diameter) * cos(contact angle) */
  bearingRatio: number
  /** amplitude and low-pass pole of the rubbing and flow noise */
  noise: number
  noisePole: number
  /** how strongly the load modulates that noise, and how many times a turn */
  noiseModulation: number
  noiseLobes: number
  modes: readonly Mode[]
}

const HARMONICS = 16
const MODES = 10

/** A machine's constants; the generator draws nothing else for it, so an id is the same machine in every run. */
export function drawMachine(id: number, rng: Rng): Machine {
  const firstModeHz = rng.uniform(170, 420)
  const modeSpacing = rng.uniform(1.28, 1.42)
  return {
    id,
    shaftHz: rng.uniform(26, 46),
    shaftHarmonics: Array.from({ length: HARMONICS }, (_, k) => rng.uniform(0.3, 1) / (k + 1)),
    gearTeeth: 11 + rng.int(14),
    meshHarmonics: [rng.uniform(0.25, 0.7), rng.uniform(0.12, 0.35), rng.uniform(0.08, 0.22)],
    meshModulation: rng.uniform(0.1, 0.4),
    bearingBalls: 7 + rng.int(5),
    bearingRatio: rng.uniform(0.2, 0.35),
    noise: rng.uniform(0.15, 0.35),
    noisePole: rng.uniform(0.5, 0.9),
    noiseModulation: rng.uniform(0.1, 0.45),
    noiseLobes: 3 + rng.int(5),
    modes: Array.from({ length: MODES }, (_, k) => ({
      frequencyHz: firstModeHz * modeSpacing ** k * rng.uniform(0.93, 1.07),
      quality: rng.uniform(6, 32),
      gain: rng.uniform(0.5, 2.2),
    })),
  }
}

/** Machine ids of the built-in data. Fixed: only the recordings differ from seed to seed. */
export const FLEET: readonly Machine[] = [1, 2, 3].map((id) => drawMachine(id, createRng(id)))
