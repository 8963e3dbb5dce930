// DWT with its cycle counter and comparators, and ITM's stimulus ports: the part of the trace units that firmware,
// debuggers and Thimble use. DWT's counters of stalls and its sampling are not modelled.
// Source: ARM DDI 0403 (Armv7-M ARM), C1.7 and C1.8.

import type { Peripheral } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import type { Memory } from '../memory.ts'
import type { Scheduler, TimedEvent } from '../scheduler.ts'
import type { Core } from './core.ts'
import { DFSR, type Debug } from './debug.ts'
import { Watchpoints, type DataAccess } from './watchpoints.ts'

const DWT = { CTRL: 0x00, CYCCNT: 0x04, PCSR: 0x1c, COMP0: 0x20, END: 0x60 } as const
/** four comparators */
const DWT_CTRL_FIXED = 0x40000000
const CYCCNTENA = 1

export interface DwtParts {
  debug: Debug
  core: () => Core
  code: CodeCache
  memory: Memory
  scheduler: Scheduler
}

export class Dwt implements Peripheral {
  /** grows whenever other data is watched */
  version = 0
  #control = 0
  #counter = 0
  #runningSince: number | undefined
  #pages: Set<number> | undefined = new Set()
  #stops: readonly (readonly [number, number])[] = []
  readonly #watchpoints = new Watchpoints()
  readonly #cycleMatch: TimedEvent
  readonly #parts: DwtParts

  constructor(parts: DwtParts) {
    this.#parts = parts
    this.#cycleMatch = parts.scheduler.event(() => {
      this.#watchpoints.matchedCycles()
      parts.debug.event(DFSR.DWTTRAP)
    })
  }

  /** To be called when TRCENA or CYCCNTENA changed. */
  update(): void {
    this.#counter = this.#cycles
    const running = this.#parts.debug.traceEnabled && (this.#control & CYCCNTENA) !== 0
    this.#runningSince = running ? this.#parts.core().cycles : undefined
    this.#applyComparators()
  }

  /** Some data is watched. */
  get watching(): boolean {
    return this.#pages === undefined || this.#pages.size > 0
  }

  watchesPage(page: number): boolean {
    return this.#pages === undefined || this.#pages.has(page)
  }

  /** An access of the running code that was made: halts or interrupts it after the instruction when it is watched. */
  watch(address: number, size: number, access: DataAccess, value: number): void {
    if (this.watching && this.#watchpoints.matches(address, size, access, value)) this.#parts.debug.event(DFSR.DWTTRAP)
  }

  /** The core stopped before this address: whether a comparator asked for it. */
  matchedAt(address: number): boolean {
    return this.#parts.debug.traceEnabled && this.#watchpoints.matchedAt(address)
  }

  get #cycles(): number {
    const passed = this.#runningSince === undefined ? 0 : this.#parts.core().cycles - this.#runningSince
    return (this.#counter + passed) % 2 ** 32
  }

  #applyComparators(): void {
    const { debug, code, memory, scheduler } = this.#parts
    const enabled = debug.traceEnabled
    this.#pages = enabled ? this.#watchpoints.pages : new Set()
    this.version++
    const stops = enabled ? this.#watchpoints.stops : []
    const before = this.#stops
    this.#stops = stops
    code.stopsAt = stops.length === 0 ? () => false : (address) => this.#watchpoints.stopsAt(address)
    for (const [first, size] of [...before, ...stops]) {
      const offset = memory.fetchOffset(first)
      if (offset >= 0) code.invalidate(offset, size)
    }
    const match = this.#runningSince === undefined ? undefined : this.#watchpoints.cycleMatch
    const left = match === undefined ? Infinity : (match - this.#cycles + 2 ** 32) % 2 ** 32 || 2 ** 32
    scheduler.schedule(this.#cycleMatch, scheduler.now + left)
  }

  read(offset: number): number {
    if (!this.#parts.debug.traceEnabled) return 0
    if (offset >= DWT.COMP0 && offset < DWT.END) return this.#watchpoints.read(offset - DWT.COMP0)
    switch (offset) {
      case DWT.CTRL:
        return DWT_CTRL_FIXED | this.#control
      case DWT.CYCCNT:
        return this.#cycles
      case DWT.PCSR:
        return this.#parts.core().pc | 0
      default:
        return 0
    }
  }

  write(offset: number, value: number, mask: number): void {
    if (!this.#parts.debug.traceEnabled) return
    if (offset === DWT.CTRL) {
      this.#control = ((this.#control & ~mask) | (value & mask)) & CYCCNTENA
      this.update()
    } else if (offset === DWT.CYCCNT) {
      this.update()
      this.#counter = (value & mask) >>> 0
      this.#applyComparators()
    } else if (offset >= DWT.COMP0 && offset < DWT.END) {
      this.#watchpoints.write(offset - DWT.COMP0, value)
      this.#applyComparators()
    }
  }
}

const ITM = { TER: 0xe00, TPR: 0xe40, TCR: 0xe80, LAR: 0xfb0, LSR: 0xfb4 } as const
const STIMULUS_END = 0x80
const ITMENA = 1
const UNLOCK_KEY = 0xc5acce55 | 0
const LSR = { PRESENT: 1, LOCKED: 2 } as const

/** What was written to an enabled stimulus port. */
export type OnStimulus = (port: number, value: number, size: 1 | 2 | 4) => void

const sizeOf = (mask: number) => (mask === -1 ? 4 : mask === 0xffff ? 2 : 1)

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
      if (open) this.#onStimulus(port, (value & mask) >>> 0, sizeOf(mask | 0))
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
