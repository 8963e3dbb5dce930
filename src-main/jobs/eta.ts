// Time left, from the pace so far. A stage may count several things one after the other, windows and then bytes: each
// time it starts to count anew, so does the pace.

import type { Clock } from '../base/clock.ts'

/** Before that nothing is said: the first steps are the least typical ones. */
const SILENT_MS = 5_000

export function createEta(clock: Clock): (done: number, total: number) => number | null {
  let start = clock.monotonicMs()
  let first = 0
  let last = { done: 0, total: -1 }
  return (done, total) => {
    const now = clock.monotonicMs()
    if (last.total >= 0 && (total !== last.total || done < last.done)) {
      start = now
      first = done
    }
    last = { done, total }
    const elapsed = now - start
    if (elapsed < SILENT_MS || total <= 0 || done <= first) return null
    return Math.max(0, (elapsed / (done - first)) * (total - done))
  }
}
