// How severe the built-in data's faults are: each faulty recording draws its severity uniformly from its fault's range.
// The table was fixed BEFORE any result was reported, once, so that a small autoencoder finds most faults but not all,
// and is the same for every run, seed and model. Never adjust it to a model.

import type { FaultKind } from './faults.ts'

export const SEVERITIES: Record<FaultKind, readonly [low: number, high: number]> = {
  'bearing-outer-race': [0.3, 1],
  'bearing-inner-race': [0.3, 1],
  imbalance: [0.3, 1],
  'belt-slip': [0.3, 1],
  'voltage-sag': [0.3, 1],
  'gear-tooth': [0.3, 1],
}
