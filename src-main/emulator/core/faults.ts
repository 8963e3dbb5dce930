// Faults: their status bits, their escalation to HardFault, and lockup when there is nowhere left to go.
// Source: ARM DDI 0403 (Armv7-M ARM), B1.5.14 and B3.2.15.

import { EXCEPTION } from './exception-numbers.ts'
import type { Core } from './core.ts'

/** CFSR, all three parts of it. */
export const CFSR = {
  IACCVIOL: 1 << 0,
  DACCVIOL: 1 << 1,
  MUNSTKERR: 1 << 3,
  MSTKERR: 1 << 4,
  MLSPERR: 1 << 5,
  MMARVALID: 1 << 7,
  IBUSERR: 1 << 8,
  PRECISERR: 1 << 9,
  IMPRECISERR: 1 << 10,
  UNSTKERR: 1 << 11,
  STKERR: 1 << 12,
  LSPERR: 1 << 13,
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

/** An access that the MPU forbids. */
export class ProtectionFault extends BusFault {}

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

const stackingFault = (bits: number) =>
  (bits & (CFSR.MSTKERR | CFSR.MUNSTKERR | CFSR.MLSPERR)) !== 0 ? EXCEPTION.MemManage : EXCEPTION.BusFault

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
    if (fault instanceof ProtectionFault) {
      this.#core.scb.mmfar = fault.address
      this.#raise(EXCEPTION.MemManage, CFSR.DACCVIOL | CFSR.MMARVALID)
      return
    }
    this.#core.scb.bfar = fault.address
    this.#raise(EXCEPTION.BusFault, CFSR.PRECISERR | CFSR.BFARVALID)
  }

  /**
   * A store whose instruction is done has failed: nobody knows its address any more. Where the running code is more
   * urgent the fault waits for it, so that it never locks the core up.
   */
  lateStore(): void {
    const core = this.#core
    const { scb, nvic } = core
    const exception = scb.faultEnabled(EXCEPTION.BusFault) ? EXCEPTION.BusFault : EXCEPTION.HardFault
    scb.cfsr |= CFSR.IMPRECISERR
    if (exception === EXCEPTION.HardFault) scb.hfsr |= HFSR.FORCED
    const stopped = core.debug.halted || core.lockedUp
    if (!stopped && nvic.priorityOf(exception) < nvic.executionPriority(core)) this.#take(exception)
    else nvic.setPending(exception)
  }

  /** Lazy stacking that failed. */
  stacking(bits: number): void {
    this.#raise(stackingFault(bits), bits)
  }

  /**
   * Stacking for `original` failed: of the two exceptions the more urgent one is to be entered, and the other is left
   * pending. Returns its number; the frame is as good as it got.
   */
  derived(bits: number, original: number): number {
    const core = this.#core
    const { nvic } = core
    const fault = this.chained(bits, original === EXCEPTION.HardFault || original === EXCEPTION.NMI)
    if (fault === 0 || nvic.priorityOf(fault) >= nvic.priorityOf(original)) {
      if (fault !== 0) nvic.setPending(fault)
      return original
    }
    nvic.setPending(original)
    return fault
  }

  /** Notes a fault that takes the place of an exception entry or return, and says which exception it is; 0: lockup. */
  chained(bits: number, tolerated = false): number {
    const core = this.#core
    const { scb, nvic } = core
    const exception = bits === CFSR.INVPC ? EXCEPTION.UsageFault : stackingFault(bits)
    scb.cfsr |= bits
    this.#record(exception)
    const priority = nvic.executionPriority(core)
    if (scb.faultEnabled(exception) && nvic.priorityOf(exception) < priority) return this.#caught(exception)
    scb.hfsr |= HFSR.FORCED
    if (priority > -1) return this.#caught(EXCEPTION.HardFault)
    if (!tolerated) this.lockup()
    return 0
  }

  #caught(exception: number): number {
    this.#core.debug.catchVector(exception)
    return exception
  }

  /**
   * An instruction fetch that can't be: the MPU's no and execute-never regions are a MemManage fault, a place without
   * memory is a bus fault.
   */
  fetch(address: number): void {
    const region = address >>> 29
    const executeNever = region === 2 || region >= 5 || !this.#core.code.mayExecute(address)
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
