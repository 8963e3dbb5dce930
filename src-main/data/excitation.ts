// The forces of a healthy machine: shaft harmonics, gear mesh with sidebands, load noise.

import type { Rng } from '../base/rng.ts'
import { decibelsToGain, fraction } from './audio.ts'
import type { Machine } from './machine.ts'
import { lowPass, whiteNoise } from './noise.ts'
import type { Rotation } from './rotation.ts'

const SHAFT_GAIN = 0.5
/** how far one recording's amplitudes stray from the machine's own, in dB to either side */
const HARMONIC_SPREAD_DB = 2
const MESH_SPREAD_DB = 2.5

/** Adds `force += torque * (shaft harmonics + gear mesh)`; `harmonicGain` scales harmonic k (1, 2, …) of the shaft. */
export function addTonalForce(
  force: Float64Array,
  machine: Machine,
  rotation: Rotation,
  rng: Rng,
  torque: Float64Array | undefined,
  harmonicGain: (k: number) => number = () => 1,
): void {
  const spread = (db: number) => decibelsToGain(rng.uniform(-db, db))
  const shaft = Float64Array.from(
    machine.shaftHarmonics,
    (a, k) => a * spread(HARMONIC_SPREAD_DB) * harmonicGain(k + 1),
  )
  const [m1, m2, m3] = machine.meshHarmonics.map((a) => a * spread(MESH_SPREAD_DB)) as [number, number, number]
  for (let i = 0; i < force.length; i++) {
    const angle = 2 * Math.PI * fraction(rotation.turns[i]!)
    const sine = Math.sin(angle)
    // sin((k+1)x) = 2 cos(x) sin(kx) - sin((k-1)x)
    const twoCos = 2 * Math.cos(angle)
    let before = 0
    let now = sine
    let tone = 0
    for (let k = 0; k < shaft.length; k++) {
      tone += shaft[k]! * now
      const after = twoCos * now - before
      before = now
      now = after
    }
    const meshAngle = 2 * Math.PI * fraction(rotation.turns[i]! * machine.gearTeeth)
    const s = Math.sin(meshAngle)
    const c = Math.cos(meshAngle)
    const mesh = m1 * s + m2 * 2 * s * c + m3 * s * (3 - 4 * s * s)
    tone += (1 + machine.meshModulation * sine) * rotation.load[i]! * mesh
    force[i] = force[i]! + SHAFT_GAIN * tone * (torque === undefined ? 1 : torque[i]!)
  }
}

/** Adds rubbing and flow noise, stronger under load and pulsing with the turn. */
export function addLoadNoise(force: Float64Array, machine: Machine, rotation: Rotation, rng: Rng): void {
  const noise = lowPass(whiteNoise(rng, force.length), machine.noisePole)
  for (let i = 0; i < force.length; i++) {
    const lobe = Math.sin(2 * Math.PI * fraction(rotation.turns[i]! * machine.noiseLobes))
    const level = machine.noise * rotation.load[i]! * (1 + machine.noiseModulation * lobe)
    force[i] = force[i]! + level * noise[i]!
  }
}
