// Faults: their status bits, their escalation to HardFault, and lockup when there is nowhere left to go.
// Source: ARM DDI 0403 (Armv7-M ARM), B1.5.14 and B3.2.15.

import { EXCEPTION } from './exception-numbers.ts'
import type { Core } from './core.ts'

/** CFSR, all three parts of it. */
export const CFSR = {
  IACCVIOL: 1 << 0,
  DACCVIOL: 1 << 1,
  IBUSERR: 1 << 8,
  PRECISERR: 1 << 9,
  UNSTKERR: 1 << 11,
  STKERR: 1 << 12,
  BFARVALID: 1 << 15,
  UNDEFINSTR: 1 << 16,
  INVSTATE: 1 << 17,
  INVPC: 1 << 18,
  NOCP: 1 << 19,
  UNALIGNED: 1 << 24,
  DIVBYZERO: 1 << 25,
} as const

export const HFSR = { VECTTBL: 1 << 1, FORCED: 1 << 30, DEBUGEVT: 0x80000000 | 0 } as const

/** What a bus access throws when it fails; caught before it leaves the emulator. */
export class BusFault extends Error {
  readonly address: number
  readonly unaligned: boolean

  constructor(address: number, unaligned = false) {
    super('bus fault')
    this.address = address >>> 0
    this.unaligned = unaligned
  }
}

/** What the core was doing when it took its last fault, for the person who has to find out why. */
export interface FaultRecord {
  exception: number
  pc: number
  lr: number
  sp: number
  xpsr: number
  registers: number[]
  cfsr: number
  hfsr: number
  bfar: number
}

export class Faults {
  last: FaultRecord | undefined
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  usage(bits: number): void {
    this.#raise(EXCEPTION.UsageFault, bits)
  }

  /** A load or store that failed. */
  data(fault: BusFault): void {
    if (fault.unaligned) {
      this.usage(CFSR.UNALIGNED)
      return
    }
    this.#core.scb.bfar = fault.address
    this.#raise(EXCEPTION.BusFault, CFSR.PRECISERR | CFSR.BFARVALID)
  }

  stacking(bits: number): void {
    this.#raise(EXCEPTION.BusFault, bits)
  }

  /** An instruction fetch from where there are none: execute-never regions are a MemManage fault, the rest a bus fault. */
  fetch(address: number): void {
    const region = address >>> 29
    const executeNever = region === 2 || region >= 5
    if (executeNever) this.#raise(EXCEPTION.MemManage, CFSR.IACCVIOL)
    else this.#raise(EXCEPTION.BusFault, CFSR.IBUSERR)
  }

  /** BKPT with nobody to take it. */
  breakpoint(): void {
    this.#hard(HFSR.DEBUGEVT)
  }

  vectorRead(): void {
    this.#hard(HFSR.VECTTBL)
  }

  /** SVC where its priority does not let it in. */
  escalateSupervisorCall(): void {
    this.#hard(HFSR.FORCED)
  }

  #raise(exception: number, bits: number): void {
    const { scb, nvic } = this.#core
    scb.cfsr |= bits
    const enabled = scb.faultEnabled(exception)
    if (enabled && nvic.priorityOf(exception) < nvic.executionPriority(this.#core)) this.#take(exception)
    else this.#hard(HFSR.FORCED)
  }

  #hard(bits: number): void {
    const core = this.#core
    core.scb.hfsr |= bits
    if (core.nvic.executionPriority(core) <= -1) {
      this.lockup()
      return
    }
    this.#take(EXCEPTION.HardFault)
  }

  #take(exception: number): void {
    const core = this.#core
    this.#record(exception)
    core.exceptions.enter(exception)
    core.debug.catchVector(exception)
  }

  lockup(): void {
    const core = this.#core
    if (this.last === undefined) this.#record(EXCEPTION.HardFault)
    core.lockedUp = true
    core.attention = true
    core.pc = 0xfffffffe
    core.debug.catchVector(EXCEPTION.HardFault)
  }

  #record(exception: number): void {
    const { r, pc, xpsr, scb } = this.#core
    this.last = {
      exception,
      pc,
      lr: r[14]! >>> 0,
      sp: r[13]! >>> 0,
      xpsr: xpsr >>> 0,
      registers: Array.from(r.subarray(0, 13), (word) => word >>> 0),
      cfsr: scb.cfsr >>> 0,
      hfsr: scb.hfsr >>> 0,
      bfar: scb.bfar >>> 0,
    }
  }
}
