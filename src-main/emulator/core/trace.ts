// DWT's cycle counter and ITM's stimulus ports: the part of the trace units that firmware and Thimble use.
// Source: ARM DDI 0403 (Armv7-M ARM), C1.7 and C1.8.

import type { Peripheral } from '../bus.ts'
import type { Core } from './core.ts'
import type { Debug } from './debug.ts'

const DWT = { CTRL: 0x00, CYCCNT: 0x04 } as const
/** four comparators by the register, none of which is modelled */
const DWT_CTRL_FIXED = 0x40000000
const CYCCNTENA = 1

export class Dwt implements Peripheral {
  #control = 0
  #counter = 0
  #runningSince: number | undefined
  readonly #core: () => Core
  readonly #debug: Debug

  constructor(debug: Debug, core: () => Core) {
    this.#debug = debug
    this.#core = core
  }

  /** To be called when TRCENA or CYCCNTENA changed. */
  update(): void {
    this.#counter = this.#cycles
    const running = this.#debug.traceEnabled && (this.#control & CYCCNTENA) !== 0
    this.#runningSince = running ? this.#core().cycles : undefined
  }

  get #cycles(): number {
    const passed = this.#runningSince === undefined ? 0 : this.#core().cycles - this.#runningSince
    return (this.#counter + passed) % 2 ** 32
  }

  read(offset: number): number {
    if (!this.#debug.traceEnabled) return 0
    if (offset === DWT.CTRL) return DWT_CTRL_FIXED | this.#control
    return offset === DWT.CYCCNT ? this.#cycles : 0
  }

  write(offset: number, value: number, mask: number): void {
    if (!this.#debug.traceEnabled) return
    if (offset === DWT.CTRL) {
      this.#control = ((this.#control & ~mask) | (value & mask)) & CYCCNTENA
      this.update()
    } else if (offset === DWT.CYCCNT) {
      this.update()
      this.#counter = (value & mask) >>> 0
    }
  }
}

const ITM = { TER: 0xe00, TPR: 0xe40, TCR: 0xe80, LAR: 0xfb0, LSR: 0xfb4 } as const
const STIMULUS_END = 0x80
const ITMENA = 1
const UNLOCK_KEY = 0xc5acce55 | 0
const LSR = { PRESENT: 1, LOCKED: 2 } as const

/** A word written to an enabled stimulus port. */
export type OnStimulus = (port: number, value: number) => void

export class Itm implements Peripheral {
  #enabledPorts = 0
  #privilege = 0
  #control = 0
  #locked = true
  readonly #debug: Debug
  readonly #onStimulus: OnStimulus

  constructor(debug: Debug, onStimulus: OnStimulus) {
    this.#debug = debug
    this.#onStimulus = onStimulus
  }

  read(offset: number): number {
    if (offset < STIMULUS_END) return 1
    switch (offset) {
      case ITM.TER:
        return this.#enabledPorts
      case ITM.TPR:
        return this.#privilege
      case ITM.TCR:
        return this.#control
      case ITM.LSR:
        return LSR.PRESENT | (this.#locked ? LSR.LOCKED : 0)
      default:
        return 0
    }
  }

  write(offset: number, value: number, mask: number): void {
    if (!this.#debug.traceEnabled) return
    if (offset < STIMULUS_END) {
      const port = offset >>> 2
      const open = (this.#control & ITMENA) !== 0 && ((this.#enabledPorts >>> port) & 1) !== 0
      if (open) this.#onStimulus(port, (value & mask) >>> 0)
      return
    }
    if (offset === ITM.LAR) {
      this.#locked = value !== UNLOCK_KEY
      return
    }
    if (this.#locked) return
    if (offset === ITM.TER) this.#enabledPorts = (this.#enabledPorts & ~mask) | (value & mask)
    else if (offset === ITM.TPR) this.#privilege = value & 15
    else if (offset === ITM.TCR) this.#control = value & 0x007f0f1f
  }
}
