// Exception entry and return: stacking, late arrival of derived faults, tail-chaining, lazy floating-point state.
// Source: ARM DDI 0403 (Armv7-M ARM), B1.5.6 to B1.5.8.

import { EXCEPTION_ENTRY, EXCEPTION_RETURN, FLOAT_STATE, TAIL_CHAIN } from '../cycle-table.ts'
import type { Core } from './core.ts'
import { EXCEPTION } from './exception-numbers.ts'
import { BusFault, CFSR, ProtectionFault } from './faults.ts'
import { FPCCR } from './fpu.ts'

const SP = 13
const LR = 14
const BASIC_FRAME = 0x20
const EXTENDED_FRAME = 0x68
const FLOAT_REGISTERS = 16
const ALIGNED = 1 << 9
const THUMB = 1 << 24
const SLEEP_ON_EXIT = 1 << 1

/** EXC_RETURN: where to return to, and whether the frame has no floating-point part. */
const RETURN = { HANDLER: 0xf1, THREAD_MAIN: 0xf9, THREAD_PROCESS: 0xfd, BASIC: 0x10 } as const

export class ExceptionModel {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Loads the stack pointer and the program counter from the vector table. */
  resetVector(): void {
    const core = this.#core
    try {
      core.r[SP] = core.bus.readVector(core.scb.vtor) & ~3
      this.#jump(core.bus.readVector(core.scb.vtor + 4))
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      core.faults.lockup()
    }
  }

  /** Takes the most urgent pending exception when its priority lets it. */
  takePending(): void {
    const exception = this.#core.nvic.preempting(this.#core)
    if (exception === 0) return
    this.enter(exception)
    this.#core.debug.catchVector(exception)
  }

  /** Stacks the context, with core.pc as the return address, and goes to the handler. */
  enter(exception: number): void {
    const core = this.#core
    const kind = core.ipsr !== 0 ? RETURN.HANDLER : core.usesProcessStack ? RETURN.THREAD_PROCESS : RETURN.THREAD_MAIN
    const link = 0xffffff00 | (core.fpContext ? kind & ~RETURN.BASIC : kind)
    core.cycles += EXCEPTION_ENTRY
    const failed = this.#stack()
    this.#chain(failed === undefined ? exception : core.faults.derived(failed, exception), link)
  }

  /** Goes to a handler without stacking anything: the frame is there already. */
  #chain(exception: number, link: number): void {
    const core = this.#core
    core.selectStack(false)
    core.r[LR] = link
    core.fpContext = false
    core.ipsr = exception
    core.nvic.active[exception] = 1
    core.nvic.clearPending(exception)
    core.exclusive = false
    core.eventRegister = true
    core.sleeping = false
    core.attention = true
    core.updateFpu()
    this.#fetchVector(exception)
  }

  /** Pushes the frame. Returns the CFSR bit when an access failed; the stack pointer has moved all the same. */
  #stack(): number | undefined {
    const core = this.#core
    const { r, fpu, bus } = core
    const extended = core.fpContext
    const aligns = core.scb.stackAlign || extended
    const padded = aligns && (r[SP]! & 4) !== 0
    const frame = (r[SP]! - (extended ? EXTENDED_FRAME : BASIC_FRAME)) & (aligns ? ~7 : ~3)
    const xpsr = (core.xpsr & ~ALIGNED) | (padded ? ALIGNED : 0)
    r[SP] = frame
    try {
      const words = [r[0]!, r[1]!, r[2]!, r[3]!, r[12]!, r[LR]!, core.pc, xpsr]
      words.forEach((word, index) => bus.write((frame + 4 * index) >>> 0, 4, word))
      if (extended) {
        fpu.fpcar = frame + BASIC_FRAME
        if ((fpu.fpccr & FPCCR.LSPEN) !== 0) this.#deferFloat()
        else this.#storeFloat(fpu.fpcar)
      }
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      return thrown instanceof ProtectionFault ? CFSR.MSTKERR : CFSR.STKERR
    }
    return undefined
  }

  /** Leaves the floating-point registers where they are, and notes on whose behalf they have to be stored. */
  #deferFloat(): void {
    const core = this.#core
    const { nvic, fpu, scb } = core
    const priority = nvic.executionPriority(core)
    const ready = (exception: number) => scb.faultEnabled(exception) && nvic.priorityOf(exception) < priority
    fpu.fpccr =
      (fpu.fpccr & FPCCR.SETTINGS) |
      FPCCR.LSPACT |
      (core.privileged ? 0 : FPCCR.USER) |
      (core.ipsr === 0 ? FPCCR.THREAD : 0) |
      (priority > -1 ? FPCCR.HFRDY : 0) |
      (ready(EXCEPTION.MemManage) ? FPCCR.MMRDY : 0) |
      (ready(EXCEPTION.BusFault) ? FPCCR.BFRDY : 0) |
      (nvic.priorityOf(EXCEPTION.DebugMonitor) < priority ? FPCCR.MONRDY : 0)
  }

  #storeFloat(to: number): void {
    const { bus, fpu, cycles } = this.#core
    for (let i = 0; i < FLOAT_REGISTERS; i++) bus.write((to + 4 * i) >>> 0, 4, fpu.bits[i]!)
    bus.write((to + 4 * FLOAT_REGISTERS) >>> 0, 4, fpu.fpscr)
    this.#core.cycles = cycles + FLOAT_STATE
  }

  /** The first floating-point instruction after a lazy entry stores what was left in the registers. False: it faulted. */
  preserveFloat(): boolean {
    const core = this.#core
    const { fpu, bus } = core
    bus.unprivileged = (fpu.fpccr & FPCCR.USER) !== 0
    try {
      this.#storeFloat(fpu.fpcar)
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      core.faults.stacking(thrown instanceof ProtectionFault ? CFSR.MLSPERR : CFSR.LSPERR)
      return false
    } finally {
      bus.unprivileged = false
    }
    fpu.fpccr &= ~FPCCR.LSPACT
    core.updateFpu()
    return true
  }

  #fetchVector(exception: number): void {
    const core = this.#core
    try {
      this.#jump(core.bus.readVector(core.scb.vtor + 4 * exception))
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      core.faults.vectorRead()
    }
  }

  /** Goes where a vector says; without the Thumb bit the first instruction faults. */
  #jump(vector: number): void {
    const core = this.#core
    core.pc = (vector & ~1) >>> 0
    if ((vector & 1) === 0) core.faults.usage(CFSR.INVSTATE)
  }

  /** A branch to an address of 0xF…: only handlers may, and only with a value that makes sense. */
  return(value: number): void {
    const core = this.#core
    const { nvic } = core
    const returning = core.ipsr
    const kind = (value & 0xff) | RETURN.BASIC
    const toThread = kind !== RETURN.HANDLER
    const knownKind = kind === RETURN.HANDLER || kind === RETURN.THREAD_MAIN || kind === RETURN.THREAD_PROCESS
    const legal = nvic.active[returning] !== 0 && knownKind && (value & 0x0fffff00) === 0x0fffff00
    nvic.active[returning] = 0
    if (legal && returning !== EXCEPTION.NMI) core.faultmask = 0
    core.exclusive = false
    const nested = nvic.anyActive
    if (!legal || (toThread ? nested && !core.scb.nonBaseThread : !nested)) {
      // Nothing is unstacked: the fault takes the place of the handler that returned.
      this.#faultInstead(CFSR.INVPC, value)
      return
    }
    core.attention = true
    const next = core.debug.masksInterrupts ? 0 : nvic.preempting(core)
    if (next !== 0) {
      core.cycles += TAIL_CHAIN
      this.#chain(next, value)
      return
    }
    core.cycles += EXCEPTION_RETURN
    this.#unstack(value, toThread, kind === RETURN.THREAD_PROCESS)
    if (core.ipsr === 0 && (core.scb.scr & SLEEP_ON_EXIT) !== 0) core.sleeping = true
  }

  /** A fault in the place of an exception return: chained to, so that the frame stays where it is. */
  #faultInstead(bits: number, link: number): void {
    const core = this.#core
    const exception = core.faults.chained(bits)
    if (exception !== 0) this.#chain(exception, link)
  }

  #unstack(link: number, toThread: boolean, process: boolean): void {
    const core = this.#core
    const { r, fpu, bus } = core
    const extended = (link & RETURN.BASIC) === 0
    core.selectStack(process)
    const frame = r[SP]!
    const words = new Int32Array(8)
    const floats = new Int32Array(FLOAT_REGISTERS + 1)
    const restores = extended && (fpu.fpccr & FPCCR.LSPACT) === 0
    // Thread mode's privilege binds what is read for it already.
    bus.unprivileged = toThread && core.unprivileged
    try {
      for (let i = 0; i < words.length; i++) words[i] = bus.read((frame + 4 * i) >>> 0, 4)
      for (let i = 0; restores && i < floats.length; i++) {
        floats[i] = bus.read((frame + BASIC_FRAME + 4 * i) >>> 0, 4)
      }
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      this.#faultInstead(thrown instanceof ProtectionFault ? CFSR.MUNSTKERR : CFSR.UNSTKERR, link)
      return
    } finally {
      bus.unprivileged = false
    }
    if (restores) {
      fpu.bits.set(floats.subarray(0, FLOAT_REGISTERS))
      fpu.writeFpscr(floats[FLOAT_REGISTERS]!)
      core.cycles += FLOAT_STATE
    } else if (extended) fpu.fpccr &= ~FPCCR.LSPACT
    const xpsr = words[7]!
    r[SP] = (frame + (extended ? EXTENDED_FRAME : BASIC_FRAME)) | ((xpsr & ALIGNED) !== 0 ? 4 : 0)
    r.set(words.subarray(0, 4))
    r[12] = words[4]!
    r[LR] = words[5]!
    core.fpContext = extended
    core.apsr = xpsr
    core.ipsr = toThread ? 0 : xpsr & 0x1ff
    core.pc = (words[6]! & ~1) >>> 0
    core.updateFpu()
    // Thread mode returns with the number 0, a handler with that of an exception.
    if (toThread !== ((xpsr & 0x1ff) === 0)) core.faults.usage(CFSR.INVPC)
    else if ((xpsr & THUMB) === 0) core.faults.usage(CFSR.INVSTATE)
  }
}
