import type { Clock } from './clock.ts'
import type { Log } from './log.ts'
import type { Rng } from './rng.ts'

/** `done` of `total` units; total 0 means that the end isn't known and `done` only counts up. */
export type Progress = (done: number, total: number, note?: string) => void

/** What every stage gets beside its input. */
export interface StageContext {
  signal: AbortSignal
  progress: Progress
  log: Log
  rng: Rng
  clock: Clock
}
