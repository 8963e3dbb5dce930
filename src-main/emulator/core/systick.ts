// SysTick. It is not counted down cycle by cycle: the moment of its next zero is scheduled.
// Source: ARM DDI 0403 (Armv7-M ARM), B3.3.

import type { Peripheral } from '../bus.ts'
import type { Scheduler, TimedEvent } from '../scheduler.ts'
import { EXCEPTION } from './exception-numbers.ts'
import type { Nvic } from './nvic.ts'

/** Offsets from 0xE000E000. */
const OFFSETS = { CTRL: 0x10, LOAD: 0x14, VAL: 0x18, CALIB: 0x1c } as const
const CTRL = { ENABLE: 1, TICKINT: 2, CLKSOURCE: 4, COUNTFLAG: 1 << 16 } as const

/** STM32F405/407: 1 ms at 18.75 MHz, the external clock being HCLK/8 (RM0090, 12.1.3). */
const CALIBRATION = 0x4000493e
const EXTERNAL_DIVIDER = 8

export class SysTick implements Peripheral {
  #control = 0
  #load = 0
  /** the counter while it is stopped */
  #stopped = 0
  #countFlag = false
  /** when the counter reaches zero next, while it runs */
  #zeroAt = Infinity
  readonly #event: TimedEvent
  readonly #scheduler: Scheduler
  readonly #nvic: Nvic

  constructor(scheduler: Scheduler, nvic: Nvic) {
    this.#scheduler = scheduler
    this.#nvic = nvic
    this.#event = scheduler.event(() => this.#onZero())
  }

  reset(): void {
    this.#control = this.#load = this.#stopped = 0
    this.#countFlag = false
    this.#aim(Infinity)
  }

  get #divider(): number {
    return this.#control & CTRL.CLKSOURCE ? 1 : EXTERNAL_DIVIDER
  }

  get #value(): number {
    if (this.#zeroAt === Infinity) return this.#stopped
    const ticks = Math.ceil((this.#zeroAt - this.#scheduler.now) / this.#divider)
    return ticks > this.#load ? 0 : Math.max(0, ticks)
  }

  #aim(time: number): void {
    this.#zeroAt = time
    this.#scheduler.schedule(this.#event, time)
  }

  /** Starts counting from `value`; from 0 the next tick reloads. A reload value of 0 stops the counter. */
  #start(value: number): void {
    const ticks = value === 0 ? (this.#load === 0 ? Infinity : this.#load + 1) : value
    this.#aim(this.#scheduler.now + ticks * this.#divider)
  }

  #onZero(): void {
    this.#countFlag = true
    if (this.#control & CTRL.TICKINT) this.#nvic.setPending(EXCEPTION.SysTick)
    if (this.#load === 0) {
      this.#stopped = 0
      this.#aim(Infinity)
      return
    }
    // From the due moment, not from now: a tick must not drift by what ran late. Ticks that were slept through
    // in one piece are gone, as a pending bit can hold one only.
    const period = (this.#load + 1) * this.#divider
    const missed = Math.floor((this.#scheduler.now - this.#zeroAt) / period)
    this.#aim(this.#zeroAt + (missed + 1) * period)
  }

  read(offset: number): number {
    switch (offset) {
      case OFFSETS.CTRL: {
        const value = this.#control | (this.#countFlag ? CTRL.COUNTFLAG : 0)
        this.#countFlag = false
        return value
      }
      case OFFSETS.LOAD:
        return this.#load
      case OFFSETS.VAL:
        return this.#value
      case OFFSETS.CALIB:
        return CALIBRATION
      default:
        return 0
    }
  }

  write(offset: number, value: number, mask: number): void {
    const bits = value & mask & 0xffffff
    switch (offset) {
      case OFFSETS.CTRL: {
        const counter = this.#value
        const wasRunning = (this.#control & CTRL.ENABLE) !== 0
        this.#control = bits & 7
        if (this.#control & CTRL.ENABLE) {
          if (!wasRunning || this.#zeroAt === Infinity) this.#start(counter)
        } else {
          this.#stopped = counter
          this.#aim(Infinity)
        }
        break
      }
      case OFFSETS.LOAD:
        this.#load = bits
        break
      case OFFSETS.VAL:
        this.#countFlag = false
        this.#stopped = 0
        if (this.#control & CTRL.ENABLE) this.#start(0)
        break
    }
  }
}
