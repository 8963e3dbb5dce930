// The system control block: identification, vector table, reset, fault status and the FPU's access control.
// Source: ARM DDI 0403 (Armv7-M ARM), B3.2.

import type { Peripheral } from '../bus.ts'
import type { Core } from './core.ts'
import { EXCEPTION } from './exception-numbers.ts'
import { FPCCR } from './fpu.ts'
import type { Processor } from './processors.ts'

/** Offsets from 0xE000E000. */
const OFFSETS = {
  ICTR: 0x004,
  ACTLR: 0x008,
  CPUID: 0xd00,
  ICSR: 0xd04,
  VTOR: 0xd08,
  AIRCR: 0xd0c,
  SCR: 0xd10,
  CCR: 0xd14,
  SHPR1: 0xd18,
  SHPR2: 0xd1c,
  SHPR3: 0xd20,
  SHCSR: 0xd24,
  CFSR: 0xd28,
  HFSR: 0xd2c,
  DFSR: 0xd30,
  MMFAR: 0xd34,
  BFAR: 0xd38,
  CSSELR: 0xd84,
  CCSIDR: 0xd80,
  CPACR: 0xd88,
  FPCCR: 0xf34,
  FPCAR: 0xf38,
  FPDSCR: 0xf3c,
} as const

const VECTKEY = 0x05fa
const VECTKEYSTAT = 0xfa05
const AIRCR = { VECTRESET: 1 << 0, VECTCLRACTIVE: 1 << 1, SYSRESETREQ: 1 << 2 } as const
const CCR = { UNALIGN_TRP: 1 << 3, DIV_0_TRP: 1 << 4, STKALIGN: 1 << 9, NONBASETHRDENA: 1 << 0 } as const
/** ACTLR of the Cortex-M4: stores that the default memory map decides on wait for the bus */
const DISDEFWBUF = 1 << 1
const VTOR_WRITABLE = 0x3fffff80

/** SHCSR's bits: [bit, exception], by what they show. */
const SHCSR_ACTIVE: readonly (readonly [number, number])[] = [
  [0, EXCEPTION.MemManage],
  [1, EXCEPTION.BusFault],
  [3, EXCEPTION.UsageFault],
  [7, EXCEPTION.SVCall],
  [8, EXCEPTION.DebugMonitor],
  [10, EXCEPTION.PendSV],
  [11, EXCEPTION.SysTick],
]
const SHCSR_PENDING: readonly (readonly [number, number])[] = [
  [12, EXCEPTION.UsageFault],
  [13, EXCEPTION.MemManage],
  [14, EXCEPTION.BusFault],
  [15, EXCEPTION.SVCall],
]
const FAULT_ENABLE: Readonly<Record<number, number>> = {
  [EXCEPTION.MemManage]: 1 << 16,
  [EXCEPTION.BusFault]: 1 << 17,
  [EXCEPTION.UsageFault]: 1 << 18,
}
const SHCSR_WRITABLE = 0x70000

export type ResetKind = 'system' | 'core'

export class Scb implements Peripheral {
  vtor = 0
  scr = 0
  cfsr = 0
  hfsr = 0
  dfsr = 0
  mmfar = 0
  bfar = 0
  cpacr = 0
  #actlr = 0
  #ccr = 0
  #shcsr = 0
  #core!: Core
  #cacheSelected = 0
  /** told of CCR, which switches the caches, whenever it is set */
  onCacheControl: (ccr: number) => void = () => undefined
  readonly #processor: Processor
  readonly #vectorTable: number
  readonly #requestReset: (kind: ResetKind) => void

  /** `vectorTable` is what VTOR holds after reset. */
  constructor(processor: Processor, vectorTable: number, requestReset: (kind: ResetKind) => void) {
    this.#processor = processor
    this.#vectorTable = vectorTable
    this.#requestReset = requestReset
  }

  connect(core: Core): void {
    this.#core = core
  }

  reset(): void {
    this.vtor = this.#vectorTable
    this.scr = this.cfsr = this.hfsr = this.mmfar = this.bfar = this.cpacr = 0
    this.#actlr = this.#shcsr = 0
    this.#cacheSelected = 0
    this.#setCcr(this.#processor.ccr.reset)
  }

  get stackAlign(): boolean {
    return (this.#ccr & CCR.STKALIGN) !== 0
  }

  get nonBaseThread(): boolean {
    return (this.#ccr & CCR.NONBASETHRDENA) !== 0
  }

  get writesUnbuffered(): boolean {
    return (this.#actlr & DISDEFWBUF) !== 0
  }

  faultEnabled(exception: number): boolean {
    return (this.#shcsr & (FAULT_ENABLE[exception] ?? 0)) !== 0
  }

  read(offset: number): number {
    const { fpu, nvic } = this.#core
    switch (offset) {
      case OFFSETS.ICTR:
        return (nvic.count - 17) >>> 5
      case OFFSETS.ACTLR:
        return this.#actlr
      case OFFSETS.ICSR:
        return this.#icsr()
      case OFFSETS.VTOR:
        return this.vtor
      case OFFSETS.AIRCR:
        return (VECTKEYSTAT << 16) | (nvic.priorityGroup << 8)
      case OFFSETS.SCR:
        return this.scr
      case OFFSETS.CCR:
        return this.#ccr
      case OFFSETS.SHPR1:
      case OFFSETS.SHPR2:
      case OFFSETS.SHPR3:
        return this.#readPriorities(4 + (offset - OFFSETS.SHPR1))
      case OFFSETS.SHCSR:
        return this.#readShcsr()
      case OFFSETS.CFSR:
        return this.cfsr
      case OFFSETS.HFSR:
        return this.hfsr
      case OFFSETS.DFSR:
        return this.dfsr
      case OFFSETS.MMFAR:
        return this.mmfar
      case OFFSETS.BFAR:
        return this.bfar
      case OFFSETS.CSSELR:
        return this.#cacheSelected
      case OFFSETS.CCSIDR:
        return this.#processor.caches[this.#cacheSelected] ?? 0
      case OFFSETS.CPACR:
        return this.cpacr
      case OFFSETS.FPCCR:
        return fpu.fpccr
      case OFFSETS.FPCAR:
        return fpu.fpcar
      case OFFSETS.FPDSCR:
        return fpu.fpdscr
      default:
        return this.#processor.identification[offset] ?? 0
    }
  }

  write(offset: number, value: number, mask: number): void {
    const { fpu, nvic } = this.#core
    const bits = value & mask
    const merge = (old: number) => (old & ~mask) | bits
    switch (offset) {
      case OFFSETS.ACTLR:
        this.#actlr = merge(this.#actlr) & this.#processor.actlr
        break
      case OFFSETS.ICSR:
        this.#writeIcsr(bits)
        break
      case OFFSETS.VTOR:
        this.vtor = merge(this.vtor) & VTOR_WRITABLE
        break
      case OFFSETS.AIRCR:
        if (value >>> 16 === VECTKEY) this.#writeAircr(value)
        break
      case OFFSETS.SCR:
        this.scr = merge(this.scr) & 0x16
        break
      case OFFSETS.CCR:
        this.#setCcr((this.#ccr & ~this.#processor.ccr.writable) | (merge(this.#ccr) & this.#processor.ccr.writable))
        break
      case OFFSETS.SHPR1:
      case OFFSETS.SHPR2:
      case OFFSETS.SHPR3:
        for (let i = 0; i < 4; i++) {
          if ((mask >>> (8 * i)) & 255) nvic.setPriority(4 + (offset - OFFSETS.SHPR1) + i, (value >>> (8 * i)) & 255)
        }
        break
      case OFFSETS.SHCSR:
        this.#shcsr = merge(this.#shcsr) & SHCSR_WRITABLE
        break
      case OFFSETS.CFSR:
        this.cfsr &= ~bits
        break
      case OFFSETS.HFSR:
        this.hfsr &= ~bits
        break
      case OFFSETS.DFSR:
        this.dfsr &= ~bits
        break
      case OFFSETS.MMFAR:
        this.mmfar = merge(this.mmfar)
        break
      case OFFSETS.BFAR:
        this.bfar = merge(this.bfar)
        break
      case OFFSETS.CSSELR:
        if (this.#processor.caches.length > 0) this.#cacheSelected = bits & 1
        break
      case OFFSETS.CPACR:
        this.cpacr = merge(this.cpacr) & 0x00f00000
        this.#core.updateFpu()
        break
      case OFFSETS.FPCCR:
        fpu.fpccr = merge(fpu.fpccr) & FPCCR.WRITABLE
        this.#core.updateFpu()
        break
      case OFFSETS.FPCAR:
        fpu.fpcar = merge(fpu.fpcar) & ~7
        break
      case OFFSETS.FPDSCR:
        fpu.fpdscr = merge(fpu.fpdscr) & 0x07c00000
        break
    }
  }

  #icsr(): number {
    const { nvic, ipsr } = this.#core
    const externalPending = nvic.pending.indexOf(1, 16) >= 0
    return (
      ipsr |
      (nvic.active.filter((state) => state !== 0).length <= 1 ? 1 << 11 : 0) |
      (nvic.highestPending() << 12) |
      (externalPending ? 1 << 22 : 0) |
      (nvic.pending[EXCEPTION.SysTick]! << 26) |
      (nvic.pending[EXCEPTION.PendSV]! << 28) |
      (nvic.pending[EXCEPTION.NMI]! << 31)
    )
  }

  #writeIcsr(bits: number): void {
    const { nvic } = this.#core
    if (bits & (1 << 31)) nvic.setPending(EXCEPTION.NMI)
    if (bits & (1 << 28)) nvic.setPending(EXCEPTION.PendSV)
    if (bits & (1 << 27)) nvic.clearPending(EXCEPTION.PendSV)
    if (bits & (1 << 26)) nvic.setPending(EXCEPTION.SysTick)
    if (bits & (1 << 25)) nvic.clearPending(EXCEPTION.SysTick)
  }

  #writeAircr(value: number): void {
    const { nvic, debug } = this.#core
    nvic.priorityGroup = (value >>> 8) & 7
    if (value & AIRCR.SYSRESETREQ) this.#requestReset('system')
    else if (value & AIRCR.VECTRESET && debug.halted) this.#requestReset('core')
    if (value & AIRCR.VECTCLRACTIVE && debug.halted) {
      nvic.active.fill(0)
      this.#core.ipsr = 0
    }
  }

  #setCcr(value: number): void {
    this.#ccr = value
    this.#core.divideTrap = (this.#ccr & CCR.DIV_0_TRP) !== 0
    this.#core.bus.trapUnaligned = (this.#ccr & CCR.UNALIGN_TRP) !== 0
    this.onCacheControl(value)
  }

  #readPriorities(first: number): number {
    let word = 0
    for (let i = 0; i < 4; i++) word |= this.#core.nvic.priority[first + i]! << (8 * i)
    return word
  }

  #readShcsr(): number {
    const { active, pending } = this.#core.nvic
    let word = this.#shcsr
    for (const [bit, exception] of SHCSR_ACTIVE) word |= active[exception]! << bit
    for (const [bit, exception] of SHCSR_PENDING) word |= pending[exception]! << bit
    return word
  }
}
