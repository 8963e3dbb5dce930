// How severe the built-in data's faults are: a faulty recording draws its severity from its fault's range, evenly spread.
// Severity 1 is about as loud as the machine's own sound for impacts; faults.ts says what it scales.
//
// The table was set ONCE, before any model was compared or any result reported, so that a small autoencoder finds most
// faulty windows and not all. It is the same for every run, seed, size and model. Never adjust it to a model.

import type { FaultKind } from './faults.ts'

export const SEVERITIES: Record<FaultKind, readonly [low: number, high: number]> = {
  'bearing-outer-race': [0.8, 2],
  'bearing-inner-race': [0.7, 1.8],
  imbalance: [0.25, 1],
  'belt-slip': [0.4, 1.4],
  'voltage-sag': [0.6, 1.4],
  'gear-tooth': [0.6, 1.7],
}
