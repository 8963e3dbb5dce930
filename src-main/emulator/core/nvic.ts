// Priorities and states of all exceptions, and the NVIC's registers over them.
// Source: ARM DDI 0403 (Armv7-M ARM), B1.5.4 and B3.4.

import type { Peripheral } from '../bus.ts'
import { EXCEPTION, FIRST_INTERRUPT } from './exception-numbers.ts'

/** Lower than every real priority. */
const THREAD_PRIORITY = 256

const OFFSETS = { ISER: 0x100, ICER: 0x180, ISPR: 0x200, ICPR: 0x280, IABR: 0x300, IPR: 0x400, STIR: 0xf00 } as const

export interface PriorityMasks {
  primask: number
  faultmask: number
  basepri: number
}

export class Nvic implements Peripheral {
  readonly count: number
  readonly pending: Uint8Array
  readonly active: Uint8Array
  readonly enabled: Uint8Array
  readonly priority: Uint8Array
  /** AIRCR.PRIGROUP */
  priorityGroup = 0
  readonly #priorityMask: number
  readonly #changed: () => void

  constructor(interrupts: number, priorityBits: number, changed: () => void) {
    this.count = FIRST_INTERRUPT + interrupts
    this.pending = new Uint8Array(this.count)
    this.active = new Uint8Array(this.count)
    this.enabled = new Uint8Array(this.count)
    this.priority = new Uint8Array(this.count)
    this.#priorityMask = (0xff << (8 - priorityBits)) & 0xff
    this.#changed = changed
    this.reset()
  }

  reset(): void {
    this.pending.fill(0)
    this.active.fill(0)
    this.enabled.fill(0)
    // System exceptions have no enable bit here: faults are gated by SHCSR before they come to this table.
    this.enabled.fill(1, 0, FIRST_INTERRUPT)
    this.priority.fill(0)
    this.priorityGroup = 0
  }

  setPriority(exception: number, value: number): void {
    this.priority[exception] = value & this.#priorityMask
    this.#changed()
  }

  setPending(exception: number): void {
    this.pending[exception] = 1
    this.#changed()
  }

  clearPending(exception: number): void {
    this.pending[exception] = 0
  }

  #group(priority: number): number {
    return priority & ~((2 << this.priorityGroup) - 1)
  }

  /** Group priority of an exception. */
  priorityOf(exception: number): number {
    if (exception <= EXCEPTION.HardFault) return exception - 4
    return this.#group(this.priority[exception]!)
  }

  /** Priority of what is running, masks included. */
  executionPriority({ primask, faultmask, basepri }: PriorityMasks): number {
    let priority = THREAD_PRIORITY
    for (let exception = EXCEPTION.NMI as number; exception < this.count; exception++) {
      if (this.active[exception] !== 0) priority = Math.min(priority, this.priorityOf(exception))
    }
    if (basepri !== 0) priority = Math.min(priority, this.#group(basepri))
    if (primask !== 0) priority = Math.min(priority, 0)
    if (faultmask !== 0) priority = Math.min(priority, -1)
    return priority
  }

  /** The pending exception that wins, 0 when there is none; the lowest number among equals. */
  highestPending(): number {
    let best = 0
    let bestPriority = Infinity
    for (let exception = EXCEPTION.NMI as number; exception < this.count; exception++) {
      if (this.pending[exception] === 0 || this.enabled[exception] === 0) continue
      // Sub-priority decides among pending ones of the same group.
      const priority = exception <= EXCEPTION.HardFault ? exception - 4 : this.priority[exception]!
      if (priority < bestPriority) {
        best = exception
        bestPriority = priority
      }
    }
    return best
  }

  /** The pending exception that preempts what is running, 0 when there is none. */
  preempting(masks: PriorityMasks): number {
    const exception = this.highestPending()
    return exception !== 0 && this.priorityOf(exception) < this.executionPriority(masks) ? exception : 0
  }

  get anyActive(): boolean {
    return this.active.includes(1)
  }

  read(offset: number): number {
    if (offset >= OFFSETS.IPR && offset < OFFSETS.IPR + 240) {
      const first = FIRST_INTERRUPT + offset - OFFSETS.IPR
      let word = 0
      for (let i = 0; i < 4; i++) word |= (this.priority[first + i] ?? 0) << (8 * i)
      return word
    }
    const group = this.#bitGroup(offset)
    return group === undefined ? 0 : this.#bits(group.states, group.first)
  }

  write(offset: number, value: number, mask: number): void {
    if (offset === OFFSETS.STIR) {
      const exception = FIRST_INTERRUPT + (value & 0x1ff)
      if (exception < this.count) this.setPending(exception)
      return
    }
    if (offset >= OFFSETS.IPR && offset < OFFSETS.IPR + 240) {
      for (let i = 0; i < 4; i++) {
        const exception = FIRST_INTERRUPT + offset - OFFSETS.IPR + i
        if (((mask >>> (8 * i)) & 255) !== 0 && exception < this.count) this.setPriority(exception, value >>> (8 * i))
      }
      return
    }
    const group = this.#bitGroup(offset)
    if (group === undefined || group.set === undefined) return
    for (let bit = 0; bit < 32 && group.first + bit < this.count; bit++) {
      if (((value & mask) >>> bit) & 1) group.states[group.first + bit] = group.set
    }
    this.#changed()
  }

  /** The state array that a bit register shows, and what writing a one does to it. */
  #bitGroup(offset: number): { states: Uint8Array; first: number; set?: number } | undefined {
    const first = FIRST_INTERRUPT + (offset & 0x7c) * 8
    switch (offset & ~0x7f) {
      case OFFSETS.ISER:
        return { states: this.enabled, first, set: 1 }
      case OFFSETS.ICER:
        return { states: this.enabled, first, set: 0 }
      case OFFSETS.ISPR:
        return { states: this.pending, first, set: 1 }
      case OFFSETS.ICPR:
        return { states: this.pending, first, set: 0 }
      case OFFSETS.IABR:
        return { states: this.active, first }
      default:
        return undefined
    }
  }

  #bits(states: Uint8Array, first: number): number {
    let word = 0
    for (let bit = 0; bit < 32; bit++) word |= (states[first + bit] ?? 0) << bit
    return word
  }
}
