// Core debug: halting, stepping, register transfer, vector catch.
// Source: ARM DDI 0403 (Armv7-M ARM), C1.6; of reset, TI SLAU356, 2.4.7.1 (a Cortex-M4F).

import type { Peripheral } from '../bus.ts'
import type { Core } from './core.ts'
import { EXCEPTION } from './exception-numbers.ts'

/** Offsets from 0xE000E000. */
const OFFSETS = { DHCSR: 0xdf0, DCRSR: 0xdf4, DCRDR: 0xdf8, DEMCR: 0xdfc } as const

const DBGKEY = 0xa05f
const DHCSR = {
  C_DEBUGEN: 1 << 0,
  C_HALT: 1 << 1,
  C_STEP: 1 << 2,
  C_MASKINTS: 1 << 3,
  S_REGRDY: 1 << 16,
  S_HALT: 1 << 17,
  S_SLEEP: 1 << 18,
  S_LOCKUP: 1 << 19,
  S_RETIRE_ST: 1 << 24,
  S_RESET_ST: 1 << 25,
} as const
const CONTROL_BITS = 0x2f
const REGWNR = 1 << 16

const DEMCR = { VC_CORERESET: 1 << 0, MON_EN: 1 << 16, MON_PEND: 1 << 17, MON_STEP: 1 << 18, TRCENA: 1 << 24 } as const
const DEMCR_WRITABLE = 0x010f07f1

/** DEMCR's vector catch bit of each fault; UsageFault's are three by cause, any of which catches it here. */
const VECTOR_CATCH: Readonly<Record<number, number>> = {
  [EXCEPTION.HardFault]: 1 << 10,
  [EXCEPTION.MemManage]: 1 << 4,
  [EXCEPTION.BusFault]: 1 << 8,
  [EXCEPTION.UsageFault]: (1 << 5) | (1 << 6) | (1 << 7),
}

export const DFSR = { HALTED: 1, BKPT: 2, DWTTRAP: 4, VCATCH: 8 } as const

export class Debug implements Peripheral {
  halted = false
  /** DEMCR.TRCENA: DWT and ITM are on */
  traceEnabled = false
  onTraceChange: () => void = () => undefined
  #control = 0
  #demcr = 0
  #dcrdr = 0
  #resetSeen = true
  #instructionsAtRead = 0
  #core!: Core

  connect(core: Core): void {
    this.#core = core
  }

  get enabled(): boolean {
    return (this.#control & DHCSR.C_DEBUGEN) !== 0
  }

  get stepping(): boolean {
    return (this.#control & (DHCSR.C_DEBUGEN | DHCSR.C_STEP)) === (DHCSR.C_DEBUGEN | DHCSR.C_STEP)
  }

  get masksInterrupts(): boolean {
    return this.enabled && (this.#control & DHCSR.C_MASKINTS) !== 0
  }

  /** The core came out of reset: halts when the vector catch says so. Of DHCSR a system reset clears C_HALT alone. */
  afterReset(): void {
    this.#resetSeen = true
    this.halted = false
    this.#control &= ~DHCSR.C_HALT
    if (this.enabled && (this.#demcr & DEMCR.VC_CORERESET) !== 0) this.halt(DFSR.VCATCH)
  }

  halt(reason: number): void {
    this.#control |= DHCSR.C_HALT
    this.halted = true
    this.#core.scb.dfsr |= reason
    this.#core.attention = true
  }

  /** A debug event: halts the core, or goes to the DebugMonitor handler. False when neither is there to take it. */
  event(reason: number): boolean {
    const core = this.#core
    if (this.enabled) {
      this.halt(reason)
      return true
    }
    if (!this.#monitorTakes) return false
    core.scb.dfsr |= reason
    core.nvic.setPending(EXCEPTION.DebugMonitor)
    return true
  }

  /** The monitor wants control back after each instruction of the code it watches. */
  get monitorSteps(): boolean {
    return !this.enabled && (this.#demcr & DEMCR.MON_STEP) !== 0 && this.#monitorTakes
  }

  get #monitorTakes(): boolean {
    const { nvic } = this.#core
    return (
      (this.#demcr & DEMCR.MON_EN) !== 0 && nvic.priorityOf(EXCEPTION.DebugMonitor) < nvic.executionPriority(this.#core)
    )
  }

  catchVector(exception: number): void {
    if (this.enabled && (this.#demcr & (VECTOR_CATCH[exception] ?? 0)) !== 0) this.halt(DFSR.VCATCH)
  }

  read(offset: number): number {
    switch (offset) {
      case OFFSETS.DHCSR:
        return this.#status()
      case OFFSETS.DCRDR:
        return this.#dcrdr
      case OFFSETS.DEMCR:
        return this.#demcr | (this.#core.nvic.pending[EXCEPTION.DebugMonitor] ? DEMCR.MON_PEND : 0)
      default:
        return 0
    }
  }

  write(offset: number, value: number, mask: number): void {
    switch (offset) {
      case OFFSETS.DHCSR:
        if (value >>> 16 === DBGKEY) this.#writeControl(value & CONTROL_BITS)
        break
      case OFFSETS.DCRSR:
        if (this.halted) this.#transfer(value & 0x7f, (value & REGWNR) !== 0)
        break
      case OFFSETS.DCRDR:
        this.#dcrdr = (this.#dcrdr & ~mask) | (value & mask)
        break
      case OFFSETS.DEMCR:
        this.#demcr = ((this.#demcr & ~mask) | (value & mask)) & DEMCR_WRITABLE
        if ((mask & DEMCR.MON_PEND) !== 0) this.#pendMonitor((value & DEMCR.MON_PEND) !== 0)
        this.#demcr &= ~DEMCR.MON_PEND
        this.#core.attention = true
        this.traceEnabled = (this.#demcr & DEMCR.TRCENA) !== 0
        this.onTraceChange()
        break
    }
  }

  #pendMonitor(pending: boolean): void {
    const { nvic } = this.#core
    if (pending) nvic.setPending(EXCEPTION.DebugMonitor)
    else nvic.clearPending(EXCEPTION.DebugMonitor)
  }

  #status(): number {
    const core = this.#core
    const retired = core.instructions !== this.#instructionsAtRead
    const status =
      this.#control |
      DHCSR.S_REGRDY |
      (this.halted ? DHCSR.S_HALT : 0) |
      (core.sleeping ? DHCSR.S_SLEEP : 0) |
      (core.lockedUp && !this.halted ? DHCSR.S_LOCKUP : 0) |
      (retired ? DHCSR.S_RETIRE_ST : 0) |
      (this.#resetSeen ? DHCSR.S_RESET_ST : 0)
    this.#instructionsAtRead = core.instructions
    this.#resetSeen = false
    return status
  }

  #writeControl(requested: number): void {
    const core = this.#core
    // Software on the core can't let itself be debugged.
    const enable = core.bus.debugger ? requested & DHCSR.C_DEBUGEN : this.#control & DHCSR.C_DEBUGEN
    this.#control = enable ? requested | enable : 0
    if (enable && (requested & DHCSR.C_HALT) !== 0) {
      if (!this.halted) this.halt(DFSR.HALTED)
      core.sleeping = false
      return
    }
    this.halted = false
    core.attention = true
  }

  /** DCRSR: register numbers 0 to 15, 16 xPSR, 17 MSP, 18 PSP, 20 the masks, 33 FPSCR, 64 to 95 S0 to S31. */
  #transfer(register: number, write: boolean): void {
    if (write) this.#writeRegister(register, this.#dcrdr)
    else this.#dcrdr = this.#readRegister(register)
  }

  #readRegister(register: number): number {
    const core = this.#core
    if (register < 15) return core.r[register]!
    if (register === 15) return core.pc | 0
    if (register === 16) return core.xpsr
    if (register === 17) return core.msp
    if (register === 18) return core.psp
    if (register === 20) return (core.control << 24) | (core.faultmask << 16) | (core.basepri << 8) | core.primask
    if (register === 33) return core.fpu.fpscr
    return register >= 64 && register < 96 ? core.fpu.bits[register - 64]! : 0
  }

  #writeRegister(register: number, value: number): void {
    const core = this.#core
    if (register < 15) core.r[register] = register === 13 ? value & ~3 : value
    else if (register === 15) {
      core.pc = (value & ~1) >>> 0
      core.lockedUp = false
    } else if (register === 16) {
      core.apsr = value
      core.ipsr = value & 0x1ff
    } else if (register === 17) core.msp = value
    else if (register === 18) core.psp = value
    else if (register === 20) this.#writeMasks(value)
    else if (register === 33) core.fpu.writeFpscr(value)
    else if (register >= 64 && register < 96) core.fpu.bits[register - 64] = value
  }

  #writeMasks(value: number): void {
    const core = this.#core
    core.primask = value & 1
    core.basepri = (value >>> 8) & 0xf0
    core.faultmask = (value >>> 16) & 1
    core.unprivileged = (value & (1 << 24)) !== 0
    if (core.ipsr === 0) core.selectStack((value & (2 << 24)) !== 0)
    core.fpContext = (value & (4 << 24)) !== 0
    core.updateFpu()
  }
}
