export interface Clock {
  /** milliseconds since some fixed point; only differences mean anything */
  monotonicMs(): number
  /** the wall clock */
  now(): Date
}

export const systemClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
}
