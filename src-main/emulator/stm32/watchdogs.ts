// The independent and the window watchdog. Sources: RM0090, 21.3 and 22.4; RM0385, 26.3 and 27.3; RM0433, 47.3 and 48.3
// (register layouts the same in ST's stm32f407xx.h, stm32f746xx.h and stm32h743xx.h).

import type { Scheduler, TimedEvent } from '../scheduler.ts'
import type { ResetCause } from './chip.ts'
import { RegisterFile } from './register-file.ts'

interface WatchdogSite {
  scheduler: Scheduler
  /** whether DBGMCU stops this watchdog while a debugger has halted the core */
  stopsWithCore: () => boolean
  requestReset: (cause: ResetCause) => void
}

/** Counts a clock that is not the core's: `ticks` of it are left until `fire`, however long one is by now. */
class Countdown {
  readonly #scheduler: Scheduler
  readonly #tickCycles: () => number
  readonly #event: TimedEvent
  /** core cycles in a tick, as `#event.due` was worked out with them */
  #cycles = 1

  /** `tickCycles`: core cycles in a tick. */
  constructor({ scheduler, stopsWithCore }: WatchdogSite, tickCycles: () => number, fire: () => void) {
    this.#scheduler = scheduler
    this.#tickCycles = tickCycles
    this.#event = scheduler.event(fire, stopsWithCore)
  }

  start(ticks: number): void {
    this.#cycles = this.#tickCycles()
    this.#scheduler.schedule(this.#event, this.#scheduler.now + Math.ceil(ticks * this.#cycles))
  }

  stop(): void {
    this.#scheduler.schedule(this.#event, Infinity)
  }

  get ticks(): number {
    return (this.#event.due - this.#scheduler.now) / this.#cycles
  }

  /** To be called when the core's clock or a divider has changed. */
  clockChanged(): void {
    if (this.#event.due !== Infinity && this.#tickCycles() !== this.#cycles) this.start(this.ticks)
  }
}

/** What is typical: DS8626 table 34, DS10916 table 45, DS12110 table 50. */
const LSI_HZ = 32_000
const KEY = { OPEN: 0x5555, RELOAD: 0xaaaa, START: 0xcccc } as const
const LONGEST = 0xfff
/** PR: divides by 256, as the value above does */
const LAST_PRESCALER = 6

export interface IndependentWatchdogSite extends WatchdogSite {
  coreHz: () => number
}

/** Counts the chip's slow oscillator, which nothing stops. `hasWindow`: F7 and H7. */
export class IndependentWatchdog extends RegisterFile<'KR' | 'PR' | 'RLR' | 'SR' | 'WINR'> {
  readonly #countdown: Countdown
  readonly #hasWindow: boolean
  readonly #bite: () => void
  #open = false
  #running = false
  /** what the counter starts from */
  #loaded = LONGEST

  constructor(site: IndependentWatchdogSite, hasWindow: boolean) {
    super({
      KR: { offset: 0x00, writable: 0xffff },
      PR: { offset: 0x04, writable: 7 },
      RLR: { offset: 0x08, reset: LONGEST, writable: LONGEST },
      // Updates of the other registers are over at once.
      SR: { offset: 0x0c, writable: 0 },
      WINR: { offset: 0x10, reset: LONGEST, writable: hasWindow ? LONGEST : 0 },
    })
    this.#hasWindow = hasWindow
    this.#bite = () => site.requestReset('independent-watchdog')
    const tickCycles = () => ((4 << Math.min(this.get('PR'), LAST_PRESCALER)) * site.coreHz()) / LSI_HZ
    this.#countdown = new Countdown(site, tickCycles, this.#bite)
  }

  /** `startsAlone`: the option bytes make it a hardware watchdog. */
  reset(startsAlone: boolean): void {
    this.resetRegisters()
    this.#countdown.stop()
    this.#open = this.#running = false
    this.#loaded = LONGEST
    if (startsAlone) this.#start()
  }

  clockChanged(): void {
    this.#countdown.clockChanged()
  }

  protected override onRead(name: 'KR' | 'PR' | 'RLR' | 'SR' | 'WINR'): number {
    return name === 'KR' ? 0 : this.get(name)
  }

  protected override onWrite(name: 'KR' | 'PR' | 'RLR' | 'SR' | 'WINR', value: number): void {
    if (name === 'KR') {
      this.#open = value === KEY.OPEN
      if (value === KEY.RELOAD) this.#reload()
      if (value === KEY.START && !this.#running) this.#start()
      return
    }
    if (!this.#open) return
    this.set(name, value)
    this.#countdown.clockChanged()
    // RM0385, 26.3.2: a write to the window register reloads the counter.
    if (name === 'WINR' && this.#hasWindow) this.#load()
  }

  #start(): void {
    this.#running = true
    this.#countdown.start(this.#loaded + 1)
  }

  #reload(): void {
    const counter = Math.ceil(this.#countdown.ticks) - 1
    if (this.#running && counter > this.get('WINR')) this.#bite()
    else this.#load()
  }

  #load(): void {
    this.#loaded = this.get('RLR')
    if (this.#running) this.#start()
  }
}

export interface WindowWatchdogSite extends WatchdogSite {
  /** core cycles in one cycle of its bus's clock */
  clockDivider: () => number
  /** its early wake-up interrupt */
  interrupt: () => void
  /** CFR.WDGTB */
  timebase: { shift: number; mask: number }
}

const WWDG_CR = { T: 0x7f, WDGA: 1 << 7 } as const
const WWDG_CFR = { W: 0x7f, EWI: 1 << 9 } as const
/** The counter's top bit: the chip is reset once it is gone. */
const T6 = 0x40
const PRESCALER = 4096

/** Counts its bus's clock once it is on (a real one does so before, too, where nobody can tell but by reading it). */
export class WindowWatchdog extends RegisterFile<'CR' | 'CFR' | 'SR'> {
  readonly #site: WindowWatchdogSite
  readonly #countdown: Countdown
  /** the counter is at 0x40, its last value before the reset */
  #last = false

  constructor(site: WindowWatchdogSite) {
    super({
      CR: { offset: 0x00, reset: WWDG_CR.T, writable: WWDG_CR.T | WWDG_CR.WDGA },
      CFR: {
        offset: 0x04,
        reset: WWDG_CFR.W,
        writable: WWDG_CFR.W | WWDG_CFR.EWI | (site.timebase.mask << site.timebase.shift),
      },
      SR: { offset: 0x08, writable: 1 },
    })
    this.#site = site
    const tickCycles = () =>
      PRESCALER * 2 ** ((this.get('CFR') >>> site.timebase.shift) & site.timebase.mask) * site.clockDivider()
    this.#countdown = new Countdown(site, tickCycles, () => this.#due())
  }

  reset(): void {
    this.resetRegisters()
    this.#countdown.stop()
    this.#last = false
  }

  clockChanged(): void {
    this.#countdown.clockChanged()
  }

  protected override onRead(name: 'CR' | 'CFR' | 'SR'): number {
    return name === 'CR' && this.#on ? WWDG_CR.WDGA | this.#counter : this.get(name)
  }

  protected override onWrite(name: 'CR' | 'CFR' | 'SR', value: number): void {
    if (name === 'CR') this.#writeControl(value)
    else if (name === 'CFR') {
      // Software can switch the interrupt on only.
      this.set('CFR', value | (this.get('CFR') & WWDG_CFR.EWI))
      this.#countdown.clockChanged()
    } else this.set('SR', this.get('SR') & value)
  }

  get #on(): boolean {
    return (this.get('CR') & WWDG_CR.WDGA) !== 0
  }

  get #counter(): number {
    return T6 + (this.#last ? 0 : Math.ceil(this.#countdown.ticks))
  }

  #writeControl(value: number): void {
    const tooEarly = this.#on && this.#counter > (this.get('CFR') & WWDG_CFR.W)
    this.set('CR', value | (this.get('CR') & WWDG_CR.WDGA))
    if (!this.#on) return
    const counter = value & WWDG_CR.T
    if (tooEarly || counter < T6) this.#bite()
    else {
      this.#last = false
      this.#countdown.start(counter - T6)
    }
  }

  #due(): void {
    if (this.#last) {
      this.#bite()
      return
    }
    this.#last = true
    this.set('SR', 1)
    if (this.get('CFR') & WWDG_CFR.EWI) this.#site.interrupt()
    this.#countdown.start(1)
  }

  #bite(): void {
    this.#site.requestReset('window-watchdog')
  }
}
