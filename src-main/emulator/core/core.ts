// The processor's own state: registers, special registers, flags, and what stops it. Flags are kept as the
// interpreter likes them: N is set when n is negative, Z when z is zero; c and v are 0 or 1.

import type { Bus } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import { STATE, type Memory } from '../memory.ts'
import type { MemoryTiming } from '../memory-timing.ts'
import { ExceptionModel } from './exceptions.ts'
import { Faults } from './faults.ts'
import { FPCCR, Fpu } from './fpu.ts'
import type { Debug } from './debug.ts'
import { LateStores } from './late-stores.ts'
import type { Mpu } from './mpu.ts'
import type { Nvic } from './nvic.ts'
import type { Scb } from './scb.ts'

const SP = 13

/** What BKPT 0xAB is handed to; true when it was a semihosting call. */
export type SemihostingHandler = (core: Core) => boolean

export interface CoreParts {
  memory: Memory
  code: CodeCache
  bus: Bus
  nvic: Nvic
  scb: Scb
  debug: Debug
  mpu: Mpu
  lateStores: 'buffered' | 'all'
}

export class Core {
  readonly r: Int32Array
  readonly fpu: Fpu
  readonly s32: Int32Array
  n = 0
  z = 1
  c = 0
  v = 0
  q = 0
  ge = 0
  pc = 0
  /** the exception being handled, 0 in thread mode */
  ipsr = 0
  primask = 0
  faultmask = 0
  basepri = 0
  /** CONTROL without FPCA */
  unprivileged = false
  usesProcessStack = false
  fpContext = false
  /** the stack pointer that is not in r[13] */
  otherSp = 0
  divideTrap = false
  /** executed since power-on */
  instructions = 0
  cycles = 0
  /** the run loop has to look at something before the next instruction */
  attention = false
  sleeping = false
  lockedUp = false
  eventRegister = false
  /** the local monitor: a load-exclusive was executed, and no store-exclusive, CLREX or exception since */
  exclusive = false
  /** neither the MPU nor a watchpoint has a say in stores */
  storesFreely = true
  /** set while memory takes time that is to be counted */
  memoryTiming: MemoryTiming | undefined
  /** Whether it was the DWT that stopped the core before this address. */
  isWatchpoint: (address: number) => boolean = () => false
  semihosting: SemihostingHandler | undefined

  readonly memory: Memory
  readonly code: CodeCache
  readonly bus: Bus
  readonly nvic: Nvic
  readonly scb: Scb
  readonly debug: Debug
  readonly faults: Faults
  readonly exceptions: ExceptionModel
  readonly lateStores: LateStores

  constructor(parts: CoreParts) {
    this.memory = parts.memory
    this.r = this.memory.state.subarray(STATE.R, STATE.R + 16)
    this.fpu = new Fpu(this.memory.state)
    this.s32 = this.fpu.bits
    this.code = parts.code
    this.bus = parts.bus
    this.nvic = parts.nvic
    this.scb = parts.scb
    this.debug = parts.debug
    this.faults = new Faults(this)
    this.exceptions = new ExceptionModel(this)
    this.lateStores = new LateStores(this, parts.mpu, parts.lateStores)
  }

  /** Takes the interpreter's locals back. */
  suspend(pc: number, n: number, z: number, c: number, v: number, instructions: number, cycles: number): void {
    this.pc = pc
    this.n = n
    this.z = z
    this.c = c
    this.v = v
    this.instructions += instructions
    this.cycles += cycles
  }

  /** Privilege of the running code: handlers always have it. */
  get privileged(): boolean {
    return this.ipsr !== 0 || !this.unprivileged
  }

  get apsr(): number {
    const nzcv = (this.n < 0 ? 8 : 0) | (this.z === 0 ? 4 : 0) | (this.c << 1) | this.v
    return (nzcv << 28) | (this.q << 27) | (this.ge << 16)
  }

  set apsr(value: number) {
    this.n = value
    this.z = (value >>> 30) & 1 ? 0 : 1
    this.c = (value >>> 29) & 1
    this.v = (value >>> 28) & 1
    this.q = (value >>> 27) & 1
    this.ge = (value >>> 16) & 15
  }

  /** xPSR as it is stacked: APSR, the IT state of the next instruction, the Thumb bit and IPSR. */
  get xpsr(): number {
    const offset = this.memory.fetchOffset(this.pc)
    const it = offset < 0 ? 0 : this.code.it[offset >> 1]!
    return this.apsr | ((it & 3) << 25) | ((it >>> 2) << 10) | (1 << 24) | this.ipsr
  }

  get control(): number {
    return (this.unprivileged ? 1 : 0) | (this.usesProcessStack ? 2 : 0) | (this.fpContext ? 4 : 0)
  }

  get msp(): number {
    return this.usesProcessStack ? this.otherSp : this.r[SP]!
  }

  set msp(value: number) {
    if (this.usesProcessStack) this.otherSp = value & ~3
    else this.r[SP] = value & ~3
  }

  get psp(): number {
    return this.usesProcessStack ? this.r[SP]! : this.otherSp
  }

  set psp(value: number) {
    if (this.usesProcessStack) this.r[SP] = value & ~3
    else this.otherSp = value & ~3
  }

  /** Puts the chosen stack pointer into r[13]. */
  selectStack(process: boolean): void {
    if (process === this.usesProcessStack) return
    const active = this.r[SP]!
    this.r[SP] = this.otherSp
    this.otherSp = active
    this.usesProcessStack = process
  }

  /** To be called when CPACR, privilege, FPCCR or CONTROL.FPCA changed. */
  updateFpu(): void {
    const { fpccr } = this.fpu
    const hasState = (this.fpContext || (fpccr & FPCCR.ASPEN) === 0) && (fpccr & FPCCR.LSPACT) === 0
    this.fpu.active = this.fpuEnabled && hasState
  }

  get fpuEnabled(): boolean {
    const access = (this.scb.cpacr >>> 20) & 3
    return access === 3 || (access === 1 && this.privileged)
  }

  /** A store that an instruction makes. Throws a BusFault when the core waits for it and it fails. */
  store(address: number, size: number, value: number): void {
    try {
      this.bus.write(address, size, value)
    } catch (thrown) {
      if (!this.lateStores.takes(thrown, address)) throw thrown
    }
  }

  /** A store beside instructions that were executed from RAM. False: another look is needed. */
  storeNearCode(address: number, size: number, value: number): boolean {
    if (!this.storesFreely) return false
    const offset = this.memory.writableOffset(address)
    if (offset < 0 || (offset & (size - 1)) !== 0) return false
    this.memory.set(offset, size, value)
    this.code.invalidate(offset, size)
    this.countStore(offset)
    return true
  }

  /** Counts the time that a load from this offset takes. */
  countLoad(offset: number): void {
    const timing = this.memoryTiming
    if (timing !== undefined && offset < timing.loadsEnd) this.cycles += timing.load(offset)
  }

  countStore(offset: number): void {
    const timing = this.memoryTiming
    if (timing !== undefined && offset < timing.storesEnd) this.cycles += timing.store(offset)
  }

  /** Core reset: everything but the debug registers and the memories. */
  reset(): void {
    this.r.fill(0)
    this.fpu.reset()
    this.apsr = 0
    this.ipsr = 0
    this.primask = this.faultmask = this.basepri = 0
    this.unprivileged = this.usesProcessStack = this.fpContext = false
    this.otherSp = 0
    this.divideTrap = false
    this.sleeping = this.lockedUp = this.eventRegister = false
    this.exclusive = this.lateStores.failing = false
    this.attention = true
    this.r[14] = -1
    this.exceptions.resetVector()
    this.updateFpu()
  }
}
