// Exception entry and return. Floating-point registers are stacked at once where hardware would wait for the next
// floating-point instruction (lazy stacking): the frames are the same.
// Source: ARM DDI 0403 (Armv7-M ARM), B1.5.6 to B1.5.8.

import { EXCEPTION_ENTRY, EXCEPTION_RETURN } from '../cycle-table.ts'
import type { Core } from './core.ts'
import { EXCEPTION } from './exception-numbers.ts'
import { BusFault, CFSR } from './faults.ts'

const SP = 13
const LR = 14
const BASIC_FRAME = 0x20
const EXTENDED_FRAME = 0x68
const ALIGNED = 1 << 9
const SLEEP_ON_EXIT = 1 << 1

export class ExceptionModel {
  readonly #core: Core

  constructor(core: Core) {
    this.#core = core
  }

  /** Loads the stack pointer and the program counter from the vector table. */
  resetVector(): void {
    const core = this.#core
    try {
      core.r[SP] = core.bus.read(core.scb.vtor, 4) & ~3
      this.#jump(core.bus.read((core.scb.vtor + 4) >>> 0, 4))
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      core.faults.lockup()
    }
  }

  /** Takes the most urgent pending exception when its priority lets it. */
  takePending(): void {
    const core = this.#core
    const exception = core.nvic.highestPending()
    if (exception === 0 || core.nvic.priorityOf(exception) >= core.nvic.executionPriority(core)) return
    this.enter(exception)
  }

  /** Stacks the context, with core.pc as the return address, and goes to the handler. */
  enter(exception: number): void {
    const core = this.#core
    const { r, fpu } = core
    const size = core.fpContext ? EXTENDED_FRAME : BASIC_FRAME
    const aligns = core.scb.stackAlign
    const padded = aligns && (r[SP]! & 4) !== 0
    const frame = (r[SP]! - size) & (aligns ? ~7 : ~3)
    const xpsr = (core.xpsr & ~ALIGNED) | (padded ? ALIGNED : 0)
    const link = core.ipsr !== 0 ? 0xf1 : core.usesProcessStack ? 0xfd : 0xf9
    let stacked = true
    try {
      const words = [r[0]!, r[1]!, r[2]!, r[3]!, r[12]!, r[LR]!, core.pc, xpsr]
      words.forEach((word, index) => core.bus.write((frame + 4 * index) >>> 0, 4, word))
      if (core.fpContext) {
        for (let i = 0; i < 16; i++) core.bus.write((frame + BASIC_FRAME + 4 * i) >>> 0, 4, fpu.bits[i]!)
        core.bus.write((frame + 0x60) >>> 0, 4, fpu.fpscr)
        fpu.fpcar = frame + BASIC_FRAME
      }
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      stacked = false
    }
    r[SP] = frame
    core.selectStack(false)
    r[LR] = 0xffffff00 | link | 0
    if (core.fpContext) r[LR] &= ~0x10
    core.fpContext = false
    core.ipsr = exception
    core.nvic.active[exception] = 1
    core.nvic.clearPending(exception)
    core.exclusiveAddress = -1
    core.eventRegister = true
    core.sleeping = false
    core.attention = true
    core.cycles += EXCEPTION_ENTRY
    core.updateFpu()
    this.#fetchVector(exception)
    if (!stacked && !core.lockedUp) core.faults.stacking(CFSR.STKERR)
  }

  #fetchVector(exception: number): void {
    const core = this.#core
    try {
      this.#jump(core.bus.read((core.scb.vtor + 4 * exception) >>> 0, 4))
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
    const returning = core.ipsr
    const kind = value & 15
    const process = kind === 0xd
    const toThread = kind !== 1
    const valid = (value & 0x0fffffe0) === 0x0fffffe0 && (kind === 1 || kind === 9 || kind === 0xd)
    if (core.nvic.active[returning] === 0 || !valid) {
      core.nvic.active[returning] = 0
      core.r[LR] = value
      core.faults.usage(CFSR.INVPC)
      return
    }
    core.nvic.active[returning] = 0
    if (returning !== EXCEPTION.NMI) core.faultmask = 0
    core.exclusiveAddress = -1
    if (toThread && core.nvic.anyActive && !core.scb.nonBaseThread) {
      core.faults.usage(CFSR.INVPC)
      return
    }
    core.attention = true
    core.cycles += EXCEPTION_RETURN
    this.#unstack(process, (value & 0x10) === 0)
    if (core.ipsr === 0 && (core.scb.scr & SLEEP_ON_EXIT) !== 0) core.sleeping = true
  }

  #unstack(process: boolean, extended: boolean): void {
    const core = this.#core
    const { r, fpu } = core
    core.selectStack(process)
    const frame = r[SP]!
    const words = new Int32Array(8)
    try {
      for (let i = 0; i < 8; i++) words[i] = core.bus.read((frame + 4 * i) >>> 0, 4)
      if (extended) {
        for (let i = 0; i < 16; i++) fpu.bits[i] = core.bus.read((frame + BASIC_FRAME + 4 * i) >>> 0, 4)
        fpu.writeFpscr(core.bus.read((frame + 0x60) >>> 0, 4))
      }
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      core.faults.stacking(CFSR.UNSTKERR)
      return
    }
    const xpsr = words[7]!
    r[SP] = (frame + (extended ? EXTENDED_FRAME : BASIC_FRAME)) | ((xpsr & ALIGNED) !== 0 ? 4 : 0)
    r.set(words.subarray(0, 4))
    r[12] = words[4]!
    r[LR] = words[5]!
    core.fpContext = extended
    core.apsr = xpsr
    core.ipsr = xpsr & 0x1ff
    core.pc = (words[6]! & ~1) >>> 0
    core.updateFpu()
    if ((xpsr & (1 << 24)) === 0) core.faults.usage(CFSR.INVSTATE)
  }
}
