// Time left, from the pace since the stage began.

import type { Clock } from '../base/clock.ts'

/** Before that nothing is said: the first steps are the least typical ones. */
const SILENT_MS = 5_000

export function createEta(clock: Clock): (done: number, total: number) => number | null {
  const start = clock.monotonicMs()
  return (done, total) => {
    const elapsed = clock.monotonicMs() - start
    if (elapsed < SILENT_MS || total <= 0 || done <= 0) return null
    return Math.max(0, (elapsed / done) * (total - done))
  }
}
