// How severe the built-in data's faults are: a faulty recording draws its severity from its fault's range, evenly spread.
// What severity scales is said in faults.ts.
//
// The ranges were chosen once, while the generator was built, so that a task in this size is neither trivial nor
// hopeless: a first small autoencoder had to find most faulty windows and not all. Since then they are fixed, before any
// training and the same for every run, seed, size and model. Never adjust them to a model: what a model scores on this
// data says how it compares with other models on this data, not how it would do on a real machine.

import type { FaultKind } from './faults.ts'

export const SEVERITIES: Record<FaultKind, readonly [low: number, high: number]> = {
  'bearing-outer-race': [0.8, 2],
  'bearing-inner-race': [0.7, 1.8],
  imbalance: [0.25, 1],
  'belt-slip': [0.4, 1.4],
  'voltage-sag': [0.6, 1.4],
  'gear-tooth': [0.6, 1.7],
}
