// What makes the proofs finite. An exact requantise is a rising staircase of at most 256 steps: it is told by the
// accumulators at which a step is reached. Two rising staircases that agree on both sides of every step agree everywhere.

/** All integers from min to max, both included: the accumulators that a channel can reach. */
export interface Interval {
  min: number
  max: number
}

/** Accumulator -> int8, never falling as the accumulator rises. */
export type Staircase = (accumulator: number) => number

/** `at` is the lowest accumulator of the interval whose value is at least `level`. */
export interface Threshold {
  level: number
  at: number
}

/** Every level above the lowest value on the interval, with where it is reached; by bisection. */
export function thresholdsOf(staircase: Staircase, { min, max }: Interval): Threshold[] {
  const last = staircase(max)
  const thresholds: Threshold[] = []
  let from = min
  for (let level = staircase(min) + 1; level <= last; level++) {
    let [below, at] = [from, max]
    if (staircase(from) < level) {
      while (at - below > 1) {
        const middle = Math.floor((below + at) / 2)
        if (staircase(middle) < level) below = middle
        else at = middle
      }
      from = at
    }
    thresholds.push({ level, at: from })
  }
  return thresholds
}

/** Whether a candidate gives what the exact staircase gives for EVERY accumulator of the interval. Both must be rising. */
export function agreesEverywhere(
  candidate: Staircase,
  exact: Staircase,
  { min, max }: Interval,
  thresholds: readonly Threshold[],
): boolean {
  const agrees = (accumulator: number) => candidate(accumulator) === exact(accumulator)
  return agrees(min) && agrees(max) && thresholds.every(({ at }) => agrees(at) && agrees(at - 1))
}
