/** The wall clock, for what counts up on the screen while something runs. */
export class Ticker {
  now_ms = $state(Date.now())

  /** Ticks as long as `running` says; call it in an effect. */
  run(running: boolean, interval_ms = 250): (() => void) | undefined {
    this.now_ms = Date.now()
    if (!running) return undefined
    const timer = setInterval(() => (this.now_ms = Date.now()), interval_ms)
    return () => clearInterval(timer)
  }
}
