// Emulated time, in cycles of the core clock, and what is due in it. Time is what the core executed plus what
// passed while it slept or was halted.

export interface TimedEvent {
  /** Infinity: not waiting */
  due: number
  readonly fire: () => void
  /** whether it waits on while a debugger has halted the core */
  readonly stopsWithCore: () => boolean
}

export class Scheduler {
  /** cycles that passed without the core executing */
  idle = 0
  /** when the earliest event is due */
  next = Infinity
  readonly #events: TimedEvent[] = []
  readonly #executed: () => number
  readonly #changed: () => void

  constructor(executed: () => number, changed: () => void) {
    this.#executed = executed
    this.#changed = changed
  }

  get now(): number {
    return this.#executed() + this.idle
  }

  /** A new event that waits for nothing yet. */
  event(fire: () => void, stopsWithCore: () => boolean = () => false): TimedEvent {
    const event = { due: Infinity, fire, stopsWithCore }
    this.#events.push(event)
    return event
  }

  /** Sets when an event is due, or with Infinity cancels it. */
  schedule(event: TimedEvent, due: number): void {
    event.due = due
    this.#findNext()
    this.#changed()
  }

  fireDue(): void {
    const now = this.now
    if (this.next > now) return
    for (const event of this.#events) {
      if (event.due > now) continue
      event.due = Infinity
      event.fire()
    }
    this.#findNext()
  }

  /** Lets time pass while the core does not execute. */
  pass(cycles: number): void {
    this.idle += cycles
    this.fireDue()
  }

  /** As `pass`, while a debugger has halted the core. */
  passHalted(cycles: number): void {
    for (const event of this.#events) if (event.stopsWithCore()) event.due += cycles
    this.#findNext()
    this.pass(cycles)
  }

  #findNext(): void {
    this.next = Infinity
    for (const event of this.#events) if (event.due < this.next) this.next = event.due
  }
}
