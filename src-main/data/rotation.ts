import type { Rng } from '../base/rng.ts'
import { SAMPLE_RATE } from './audio.ts'
import type { Machine } from './machine.ts'

/** How the shaft turns over a recording, one entry a sample. */
export interface Rotation {
  /** turns since the start, with an offset in [0, 1) */
  turns: Float64Array
  /** load relative to its mean, about 1 */
  load: Float64Array
}

/** The speed wanders this often; in between it is constant. */
const WALK_SAMPLES = 256
const WALK_MEMORY = 0.98
const WALK_STEP = 0.002
/** standard deviation of a recording's mean speed around the machine's own, relative */
const SPEED_SPREAD = 0.03
/** speed lost per unit of load above the mean */
const LOAD_SLIP = 0.01

/** Speed walk and a slowly swinging load; `slowdown`, where given, is the fraction of speed lost at each sample. */
export function rotate(machine: Machine, rng: Rng, samples: number, slowdown: Float64Array | undefined): Rotation {
  const turns = new Float64Array(samples)
  const load = new Float64Array(samples)
  const meanHz = machine.shaftHz * (1 + SPEED_SPREAD * rng.normal())
  const swingHz = rng.uniform(0.4, 3)
  const swingDepth = rng.uniform(0.05, 0.25)
  const swingPhase = rng.float()
  let turn = rng.float()
  let walk = 0
  for (let i = 0; i < samples; i++) {
    if (i % WALK_SAMPLES === 0) walk = WALK_MEMORY * walk + WALK_STEP * rng.normal()
    const swing = swingDepth * Math.sin(2 * Math.PI * ((swingHz * i) / SAMPLE_RATE + swingPhase))
    const lost = slowdown === undefined ? 0 : slowdown[i]!
    turn += (meanHz * (1 + walk - LOAD_SLIP * swing) * (1 - lost)) / SAMPLE_RATE
    turns[i] = turn
    load[i] = 1 + swing
  }
  return { turns, load }
}
