// What each fault does to the sound, as a table. Severity 0 is healthy; severities.ts says how severe the built-in
// data's faults are.

import type { Rng } from '../base/rng.ts'
import { fraction, SAMPLE_RATE } from './audio.ts'
import type { Machine } from './machine.ts'
import { eventEnvelope, whiteNoise } from './noise.ts'
import type { Rotation } from './rotation.ts'

export const FAULT_KINDS = [
  'bearing-outer-race',
  'bearing-inner-race',
  'imbalance',
  'belt-slip',
  'voltage-sag',
  'gear-tooth',
] as const
export type FaultKind = (typeof FAULT_KINDS)[number]

export interface Fault {
  kind: FaultKind
  severity: number
}

/** Where a fault takes part in the synthesis. Absent members leave the healthy machine as it is. */
export interface FaultEffect {
  /** factor on the shaft's harmonic k = 1, 2, … */
  harmonicGain?: (k: number) => number
  /** fraction of the speed lost, one entry a sample */
  slowdown?: Float64Array
  /** factor on the tonal forces, one entry a sample */
  torque?: Float64Array
  /** adds impacts to the forces on the housing */
  addForce?: (force: Float64Array, rotation: Rotation) => void
  /** adds sound that does not pass the housing */
  addSound?: (sound: Float64Array, rotation: Rotation) => void
}

interface FaultInput {
  machine: Machine
  severity: number
  samples: number
  rng: Rng
}

/** An impact is a burst of noise on top of a push; both die away with this factor a sample (0.2 ms). */
const IMPACT_FADE = 0.73

/** Strikes whenever `position(i)` passes the next whole number, give or take `jitter`; `strength(turn)` scales a hit. */
function addImpacts(
  force: Float64Array,
  position: (i: number) => number,
  jitter: number,
  strength: (i: number) => number,
  rng: Rng,
): void {
  const roughness = whiteNoise(rng, force.length)
  let next = Math.ceil(position(0))
  let level = 0
  for (let i = 0; i < force.length; i++) {
    if (position(i) >= next) {
      level = strength(i)
      next += 1 + jitter * rng.normal()
    }
    force[i] = force[i]! + level * (1 + 0.7 * roughness[i]!)
    level *= IMPACT_FADE
  }
}

/**
 * Balls pass a defect `ratio` times a turn. Outer race: n/2 (1 - d/D cos a); inner race: n/2 (1 + d/D cos a), whose
 * defect also moves in and out of the loaded zone once a turn. (Randall and Antoni, "Rolling element bearing
 * diagnostics: a tutorial", 2011.) Slip makes the period jitter by a percent or two.
 */
const bearing =
  (race: 'outer' | 'inner') =>
  ({ machine, severity, rng }: FaultInput): FaultEffect => ({
    addForce: (force, { turns }) => {
      const sign = race === 'outer' ? -1 : 1
      const ratio = (machine.bearingBalls / 2) * (1 + sign * machine.bearingRatio)
      const zone = (i: number) => (race === 'outer' ? 1 : 0.7 + 0.3 * Math.sin(2 * Math.PI * fraction(turns[i]!)))
      const strength = (i: number) => 3 * severity * zone(i) * rng.uniform(0.8, 1.2)
      addImpacts(force, (i) => turns[i]! * ratio, 0.015, strength, rng)
    },
  })

const EFFECTS: Record<FaultKind, (input: FaultInput) => FaultEffect> = {
  'bearing-outer-race': bearing('outer'),
  'bearing-inner-race': bearing('inner'),

  /** once-a-turn force, and the looseness it brings: more of the low harmonics */
  imbalance: ({ severity }) => ({
    harmonicGain: (k) => 1 + (8 * severity) / k,
  }),

  /** the belt lets go several times a second: the shaft slows down and the belt squeals */
  'belt-slip': ({ severity, samples, rng }) => {
    const slip = eventEnvelope(rng, samples, SAMPLE_RATE, 6, 0.12)
    const squealHz = rng.uniform(900, 2600)
    const warbleHz = rng.uniform(20, 45)
    const rasp = whiteNoise(rng, samples)
    return {
      slowdown: slip.map((level) => 0.06 * Math.min(1, severity) * level),
      addSound: (sound) => {
        let phase = 0
        for (let i = 0; i < sound.length; i++) {
          phase += (squealHz * (1 + 0.05 * Math.sin((2 * Math.PI * warbleHz * i) / SAMPLE_RATE))) / SAMPLE_RATE
          const angle = 2 * Math.PI * fraction(phase)
          const squeal = Math.sin(angle) + 0.5 * Math.sin(2 * angle) + 0.25 * Math.sin(3 * angle) + 0.5 * rasp[i]!
          sound[i] = sound[i]! + 0.5 * severity * slip[i]! * squeal
        }
      },
    }
  },

  /** the supply dips: the motor loses speed and torque, and its windings buzz at twice the mains frequency */
  'voltage-sag': ({ severity, samples, rng }) => {
    const dip = eventEnvelope(rng, samples, SAMPLE_RATE, 5, 0.3)
    return {
      slowdown: dip.map((level) => 0.2 * Math.min(1, severity) * level),
      torque: dip.map((level) => 1 - 0.6 * Math.min(1, severity) * level),
      addForce: (force) => {
        for (let i = 0; i < force.length; i++) {
          // a rectified hum: its comb of harmonics of 100 Hz reaches far up
          const buzz = Math.abs(Math.sin((2 * Math.PI * 50 * i) / SAMPLE_RATE)) ** 0.3 - 0.85
          force[i] = force[i]! + 4 * severity * dip[i]! * buzz
        }
      },
    }
  },

  /** a chipped tooth knocks once a turn */
  'gear-tooth': ({ severity, rng }) => ({
    addForce: (force, { turns }) => {
      const strength = () => 8 * severity * rng.uniform(0.7, 1.3)
      addImpacts(force, (i) => turns[i]!, 0, strength, rng)
    },
  }),
}

export const faultEffect = (fault: Fault, machine: Machine, samples: number, rng: Rng): FaultEffect =>
  EFFECTS[fault.kind]({ machine, severity: fault.severity, samples, rng })
