// ACR and the option bytes of the STM32H74x's flash, which the register blocks of both banks show. What is written to a
// _PRG register becomes true, and shows in its _CUR register, when OPTSTART has run. Sources: RM0433, 4.4 and 4.9;
// offsets and bits also by ST's stm32h743xx.h.

import { protectionLevel } from '../../device/flash-driver.ts'
import type { Scheduler, TimedEvent } from '../scheduler.ts'
import type { ReadProtection } from './chip.ts'
import { KeySequence } from './key-sequence.ts'
import { RegisterFile, type RegisterTable } from './register-file.ts'

const OPTCR = { OPTLOCK: 1 << 0, OPTSTART: 1 << 1, WRITABLE: 0xc0000013 | 0 } as const
const OPTSR = { OPT_BUSY: 1 << 0, RDP_SHIFT: 8, RDP: 0xff << 8, SECURITY: 1 << 21, OPTCHANGEERR: 1 << 30 } as const
const OPTION_KEYS: readonly number[] = [0x08192a3b, 0x4c5d6e7f]
const FACTORY_OPTIONS = 0x1c6aaaf0 & ~OPTSR.SECURITY
/** RDP bytes that stand for a level; for level 1 every other byte does. */
const RDP_BYTE = [0xaa, 0x55, 0xcc] as const

type Name = 'ACR' | 'OPTKEYR' | 'OPTCR' | 'OPTSR_CUR' | 'OPTSR_PRG' | 'OPTCCR'
export const SHARED_REGISTERS: RegisterTable<Name> = {
  ACR: { offset: 0x00, reset: 0x37, writable: 0x3f },
  OPTKEYR: { offset: 0x08 },
  OPTCR: { offset: 0x18, reset: OPTCR.OPTLOCK, writable: OPTCR.WRITABLE },
  OPTSR_CUR: { offset: 0x1c, reset: FACTORY_OPTIONS, writable: 0 },
  OPTSR_PRG: { offset: 0x20, reset: FACTORY_OPTIONS },
  OPTCCR: { offset: 0x24 },
}

/** Not in the data sheet: taken as short beside an erase. */
const OPTIONS_S = 0.25
/** Both banks at once (DS12110, table 56). */
const MASS_ERASE_S = 8

export interface OptionParts {
  scheduler: Scheduler
  coreHz: () => number
  readProtection: ReadProtection
  onAccessControl: (acr: number) => void
  /** erases all of flash: what level 1 costs to leave */
  massErase: () => void
  /** The banks' own options become true as well. */
  onChange: () => void
}

export class FlashOptionsH7 extends RegisterFile<Name> {
  readonly #keys = new KeySequence(OPTION_KEYS)
  readonly #parts: OptionParts
  readonly #done: TimedEvent
  #starting = 0

  constructor(parts: OptionParts) {
    super(SHARED_REGISTERS)
    this.#parts = parts
    this.#done = parts.scheduler.event(() => this.#finish())
    const options = (FACTORY_OPTIONS & ~OPTSR.RDP) | (RDP_BYTE[parts.readProtection] << OPTSR.RDP_SHIFT)
    this.set('OPTSR_CUR', options)
    this.set('OPTSR_PRG', options)
  }

  /** Option bytes live through a reset. */
  reset(): void {
    const options = this.get('OPTSR_CUR') & ~OPTSR.OPT_BUSY
    this.resetRegisters()
    this.#parts.onAccessControl(this.get('ACR'))
    this.set('OPTSR_CUR', options)
    this.set('OPTSR_PRG', options)
    this.#keys.reset()
    this.#parts.scheduler.schedule(this.#done, Infinity)
  }

  get readProtection(): ReadProtection {
    return levelOf(this.get('OPTSR_CUR'))
  }

  get userOptions(): number {
    return this.get('OPTSR_CUR')
  }

  /** Whether secure-only areas count. */
  get secure(): boolean {
    return (this.get('OPTSR_CUR') & OPTSR.SECURITY) !== 0
  }

  /** Whether option registers can be written. */
  get open(): boolean {
    return (this.get('OPTCR') & OPTCR.OPTLOCK) === 0 && !this.busy
  }

  get busy(): boolean {
    return (this.get('OPTSR_CUR') & OPTSR.OPT_BUSY) !== 0
  }

  protected override onRead(name: Name): number {
    return name === 'OPTKEYR' || name === 'OPTCCR' ? 0 : this.get(name)
  }

  protected override onWrite(name: Name, value: number): void {
    if (name === 'OPTKEYR') {
      if (this.#keys.take(value)) this.set('OPTCR', this.get('OPTCR') & ~OPTCR.OPTLOCK)
    } else if (name === 'OPTCCR') {
      this.set('OPTSR_CUR', this.get('OPTSR_CUR') & ~(value & OPTSR.OPTCHANGEERR))
    } else if (name === 'ACR') {
      this.set(name, value)
      this.#parts.onAccessControl(value)
    } else if (this.open) {
      this.set(name, value & ~(name === 'OPTCR' ? OPTCR.OPTSTART : 0))
      if (name === 'OPTCR' && (value & OPTCR.OPTSTART) !== 0) this.#start()
    }
  }

  #start(): void {
    const level = this.readProtection
    if (level === 2) {
      this.set('OPTSR_CUR', this.get('OPTSR_CUR') | OPTSR.OPTCHANGEERR)
      return
    }
    const { scheduler, coreHz, massErase } = this.#parts
    const opens = level === 1 && levelOf(this.get('OPTSR_PRG')) === 0
    if (opens) massErase()
    this.#starting = this.get('OPTSR_PRG') & ~(OPTSR.OPT_BUSY | OPTSR.OPTCHANGEERR)
    this.set('OPTSR_CUR', this.get('OPTSR_CUR') | OPTSR.OPT_BUSY)
    scheduler.schedule(this.#done, scheduler.now + Math.ceil((opens ? MASS_ERASE_S : OPTIONS_S) * coreHz()))
  }

  #finish(): void {
    const error = this.get('OPTSR_CUR') & OPTSR.OPTCHANGEERR
    this.set('OPTSR_CUR', this.#starting | error)
    this.#parts.onChange()
  }
}

const levelOf = (options: number): ReadProtection => protectionLevel((options >>> OPTSR.RDP_SHIFT) & 0xff)
