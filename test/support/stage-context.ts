import { systemClock } from '../../src-main/base/clock.ts'
import { silentLog } from '../../src-main/base/log.ts'
import type { Progress, StageContext } from '../../src-main/base/progress.ts'
import { createRng } from '../../src-main/base/rng.ts'

/** A stage's context for tests: quiet, and never cancelled unless a signal is given. */
export function stageContext(options: { seed?: number; signal?: AbortSignal; progress?: Progress } = {}): StageContext {
  return {
    signal: options.signal ?? new AbortController().signal,
    progress: options.progress ?? (() => undefined),
    log: silentLog,
    rng: createRng(options.seed ?? 1),
    clock: systemClock,
  }
}
