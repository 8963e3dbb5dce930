import type { Rng } from '../base/rng.ts'
import { MELS } from './log-mel.ts'

/** Consecutive frames in one window: 1024 + 4 * 512 samples, 192 ms. */
export const WINDOW_FRAMES = 5
export const WINDOW_FEATURES = WINDOW_FRAMES * MELS

/** Windows of log-mel features, in dB. */
export interface WindowSet {
  count: number
  /** [count, 640], row-major; a row holds frame after frame */
  features: Float32Array
  /** the recording that each window comes from: an index into the task's `clips` */
  clip: Int32Array
}

export interface LabelledWindowSet extends WindowSet {
  /** 1 where the recording holds a fault */
  labels: Uint8Array
  /** plain frame energy, the simplest score: mean square of the window's samples, in dB */
  energyDb: Float64Array
}

/** A view of window `index`, not a copy. */
export const windowAt = (set: WindowSet, index: number) =>
  set.features.subarray(index * WINDOW_FEATURES, (index + 1) * WINDOW_FEATURES)

/** How many windows `frames` frames give when each starts `stride` frames after the one before. */
export const windowCount = (frames: number, stride: number) =>
  frames < WINDOW_FRAMES ? 0 : 1 + Math.floor((frames - WINDOW_FRAMES) / stride)

/** A random order of 0 … n-1 (Fisher and Yates). */
export function shuffledIndices(n: number, rng: Rng): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i)
  for (let i = n - 1; i > 0; i--) {
    const j = rng.int(i + 1)
    const swap = order[i]!
    order[i] = order[j]!
    order[j] = swap
  }
  return order
}
