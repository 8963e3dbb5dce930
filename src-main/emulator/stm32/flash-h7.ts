// The embedded flash interface of the STM32H74x: two banks, each with its own key, control and status registers.
// Flash is programmed in words of 256 bits that collect in a write buffer; nothing but erasing sets bits. A refused write
// raises a flag and is ignored. Source: RM0433, chapter 4; times: DS12110, table 56, at 2.7 to 3.6 V.

import type { BoardData, FlashSector } from '../../device/board-data.ts'
import type { Bus, FlashWriter, Peripheral } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import type { Memory } from '../memory.ts'
import type { Scheduler, TimedEvent } from '../scheduler.ts'
import { KeySequence } from './key-sequence.ts'
import { RegisterFile, type RegisterTable } from './register-file.ts'

const SR = {
  BSY: 1 << 0,
  WBNE: 1 << 1,
  QW: 1 << 2,
  EOP: 1 << 16,
  WRPERR: 1 << 17,
  PGSERR: 1 << 18,
  STRBERR: 1 << 19,
  INCERR: 1 << 21,
  OPERR: 1 << 22,
} as const
const SR_ERRORS = SR.WRPERR | SR.PGSERR | SR.STRBERR | SR.INCERR | SR.OPERR
/** those that CCR clears: every flag above the status bits */
const SR_CLEARABLE = SR_ERRORS | SR.EOP
const CR = {
  LOCK: 1 << 0,
  PG: 1 << 1,
  SER: 1 << 2,
  BER: 1 << 3,
  FW: 1 << 6,
  START: 1 << 7,
} as const
const PSIZE_SHIFT = 4
const SNB_SHIFT = 8
const OPTCR = { OPTLOCK: 1, OPTSTART: 2 } as const

type Name = 'KEYR' | 'CR' | 'SR' | 'CCR' | 'WPSN_CUR' | 'WPSN_PRG'
/** Offsets from the bank's own registers. */
const BANK_REGISTERS: RegisterTable<Name> = {
  KEYR: { offset: 0x04 },
  CR: { offset: 0x0c, reset: CR.LOCK | (3 << PSIZE_SHIFT) },
  SR: { offset: 0x10, writable: 0 },
  CCR: { offset: 0x14 },
  WPSN_CUR: { offset: 0x38, reset: 0xff, writable: 0 },
  WPSN_PRG: { offset: 0x3c, reset: 0xff, writable: 0xff },
}
type SharedName = 'ACR' | 'OPTKEYR' | 'OPTCR' | 'OPTSR_CUR' | 'OPTSR_PRG'
const FACTORY_OPTIONS = 0x1c6aaaf0
const SHARED_REGISTERS: RegisterTable<SharedName> = {
  ACR: { offset: 0x00, reset: 0x37, writable: 0x3f },
  OPTKEYR: { offset: 0x08 },
  OPTCR: { offset: 0x18, reset: OPTCR.OPTLOCK },
  OPTSR_CUR: { offset: 0x1c, reset: FACTORY_OPTIONS, writable: 0 },
  OPTSR_PRG: { offset: 0x20, reset: FACTORY_OPTIONS },
}

const KEYS: readonly number[] = [0x45670123, 0xcdef89ab | 0]
const OPTION_KEYS: readonly number[] = [0x08192a3b, 0x4c5d6e7f]

const WORD_BYTES = 32
/** by PSIZE: 8, 16, 32 and 64 bits at a time */
const PROGRAM_S = [290e-6, 180e-6, 130e-6, 100e-6] as const
const ERASE_SECTOR_S = [2, 1.8, 1.1, 1] as const
const ERASE_BANK_S = [13, 8, 8, 8] as const

const BANKS = 2
const BANK_BLOCK = 0x100

export interface FlashH7Parts {
  memory: Memory
  code: CodeCache
  bus: Bus
  scheduler: Scheduler
  data: BoardData
  /** indices of sectors whose cells no longer change: an operation there ends with OPERR */
  wornSectors: ReadonlySet<number>
  coreHz: () => number
}

class FlashBank extends RegisterFile<Name> {
  readonly #keys = new KeySequence(KEYS)
  readonly #done: TimedEvent
  readonly #parts: FlashH7Parts
  readonly #sectors: readonly FlashSector[]
  readonly #buffer = new Uint8Array(WORD_BYTES)
  readonly #filled = new Uint8Array(WORD_BYTES)
  /** where the word in the buffer goes; none: the buffer is empty */
  #target: number | undefined

  constructor(parts: FlashH7Parts, sectors: readonly FlashSector[]) {
    super(BANK_REGISTERS)
    this.#parts = parts
    this.#sectors = sectors
    this.#done = parts.scheduler.event(() => this.#finish())
  }

  /** Option bytes live through a reset. */
  reset(): void {
    const protection = this.get('WPSN_CUR')
    this.resetRegisters()
    this.set('WPSN_CUR', protection)
    this.set('WPSN_PRG', protection)
    this.#keys.reset()
    this.#emptyBuffer()
    this.#parts.scheduler.schedule(this.#done, Infinity)
  }

  /** Makes the option words that were written the current ones. */
  loadOptions(): void {
    this.set('WPSN_CUR', this.get('WPSN_PRG'))
  }

  protected override onRead(name: Name): number {
    return name === 'KEYR' || name === 'CCR' ? 0 : this.get(name)
  }

  protected override onWrite(name: Name, value: number, mask: number): void {
    switch (name) {
      case 'KEYR':
        if (this.#keys.take(value)) this.set('CR', this.get('CR') & ~CR.LOCK)
        break
      case 'CR':
        this.#control(value)
        break
      case 'CCR':
        this.set('SR', this.get('SR') & ~(value & mask & SR_CLEARABLE))
        break
      case 'WPSN_PRG':
        this.set(name, value)
        break
    }
  }

  get #psize(): number {
    return (this.get('CR') >>> PSIZE_SHIFT) & 3
  }

  #control(value: number): void {
    if ((this.get('CR') & CR.LOCK) !== 0 || (this.get('SR') & (SR.QW | SR.BSY)) !== 0) return
    this.set('CR', value & ~(CR.FW | CR.START))
    if ((value & CR.FW) !== 0 && this.#target !== undefined) this.#programWord()
    if ((value & CR.START) === 0) return
    if (this.#target !== undefined) this.#fail(SR.INCERR)
    else if ((value & CR.BER) !== 0) this.#erase(this.#sectors, ERASE_BANK_S)
    else if ((value & CR.SER) !== 0) this.#erase([this.#sectors[(value >>> SNB_SHIFT) & 7]!], ERASE_SECTOR_S)
  }

  /** WPSN: a sector is protected while its bit is 0. */
  #protected(sector: FlashSector): boolean {
    return ((this.get('WPSN_CUR') >>> this.#sectors.indexOf(sector)) & 1) === 0
  }

  #erase(sectors: readonly FlashSector[], seconds: readonly number[]): void {
    if (sectors.some((sector) => this.#protected(sector))) {
      this.#fail(SR.WRPERR)
      return
    }
    if (sectors.some(({ index }) => this.#parts.wornSectors.has(index))) {
      this.#fail(SR.OPERR)
      return
    }
    const { memory, code } = this.#parts
    for (const { start, size } of sectors) {
      const offset = memory.offsetOf(start)
      memory.u8.fill(0xff, offset, offset + size)
      code.invalidate(offset, size)
    }
    this.#startBusy(seconds[this.#psize]!)
  }

  /** A bus write; `address` lies in one of this bank's sectors. */
  program(address: number, size: number, value: number): void {
    const sector = this.#sectors.find(({ start, size: bytes }) => address >= start && address < start + bytes)!
    // The bus waits while the last word is programmed.
    const { scheduler } = this.#parts
    if ((this.get('SR') & SR.QW) !== 0) scheduler.pass(Math.max(0, this.#done.due - scheduler.now))
    const word = address & ~(WORD_BYTES - 1)
    const at = address - word
    if ((this.get('CR') & CR.PG) === 0 || (this.get('SR') & SR_ERRORS) !== 0) this.#fail(SR.PGSERR)
    else if (this.#protected(sector)) this.#fail(SR.WRPERR)
    else if (this.#target !== undefined && this.#target !== word) this.#fail(SR.INCERR)
    else if (this.#filled.subarray(at, at + size).includes(1)) this.#fail(SR.STRBERR)
    else if (this.#parts.wornSectors.has(sector.index)) this.#fail(SR.OPERR)
    else {
      for (let i = 0; i < size; i++) this.#buffer[at + i] = value >>> (8 * i)
      this.#filled.fill(1, at, at + size)
      this.#target = word
      this.set('SR', this.get('SR') | SR.WBNE)
      if (!this.#filled.includes(0)) this.#programWord()
    }
  }

  /** Bytes that were not written are programmed as ones. */
  #programWord(): void {
    const { memory, code } = this.#parts
    const offset = memory.offsetOf(this.#target!)
    for (let i = 0; i < WORD_BYTES; i++) memory.u8[offset + i]! &= this.#filled[i] ? this.#buffer[i]! : 0xff
    code.invalidate(offset, WORD_BYTES)
    this.#emptyBuffer()
    this.#startBusy(PROGRAM_S[this.#psize]!)
  }

  #emptyBuffer(): void {
    this.#target = undefined
    this.#filled.fill(0)
    this.set('SR', this.get('SR') & ~SR.WBNE)
  }

  #startBusy(seconds: number): void {
    const { scheduler, coreHz } = this.#parts
    this.set('SR', this.get('SR') | SR.BSY | SR.QW)
    scheduler.schedule(this.#done, scheduler.now + Math.ceil(seconds * coreHz()))
  }

  #finish(): void {
    this.set('SR', (this.get('SR') & ~(SR.BSY | SR.QW)) | SR.EOP)
  }

  /** What is in the write buffer is lost with the sequence that went wrong. */
  #fail(flag: number): void {
    this.#emptyBuffer()
    this.set('SR', this.get('SR') | flag)
  }
}

/** ACR and the option bytes, which both banks' blocks show. */
class SharedRegisters extends RegisterFile<SharedName> {
  readonly #optionKeys = new KeySequence(OPTION_KEYS)
  readonly #onOptions: () => void

  constructor(onOptions: () => void) {
    super(SHARED_REGISTERS)
    this.#onOptions = onOptions
  }

  reset(): void {
    const options = this.get('OPTSR_CUR')
    this.resetRegisters()
    this.set('OPTSR_CUR', options)
    this.set('OPTSR_PRG', options)
    this.#optionKeys.reset()
  }

  protected override onRead(name: SharedName): number {
    return name === 'OPTKEYR' ? 0 : this.get(name)
  }

  protected override onWrite(name: SharedName, value: number): void {
    const open = (this.get('OPTCR') & OPTCR.OPTLOCK) === 0
    if (name === 'OPTKEYR') {
      if (this.#optionKeys.take(value)) this.set('OPTCR', this.get('OPTCR') & ~OPTCR.OPTLOCK)
    } else if (name === 'OPTCR') {
      if (!open) return
      this.set('OPTCR', value & ~OPTCR.OPTSTART)
      if ((value & OPTCR.OPTSTART) === 0) return
      this.set('OPTSR_CUR', this.get('OPTSR_PRG'))
      this.#onOptions()
    } else if (name === 'ACR' || open) this.set(name, value)
  }
}

export class FlashControllerH7 implements Peripheral, FlashWriter {
  readonly #banks: readonly FlashBank[]
  readonly #shared: SharedRegisters
  readonly #data: BoardData

  constructor(parts: FlashH7Parts) {
    this.#data = parts.data
    const { sectors } = parts.data.flash
    const each = sectors.length / BANKS
    this.#banks = Array.from(
      { length: BANKS },
      (_, bank) => new FlashBank(parts, sectors.slice(bank * each, (bank + 1) * each)),
    )
    this.#shared = new SharedRegisters(() => this.#banks.forEach((bank) => bank.loadOptions()))
    parts.bus.flash = this
  }

  reset(): void {
    this.#shared.reset()
    for (const bank of this.#banks) bank.reset()
  }

  #registersAt(offset: number): Peripheral {
    const within = offset % BANK_BLOCK
    const shared = Object.values(SHARED_REGISTERS).some((row) => row.offset === within)
    return shared ? this.#shared : this.#banks[Math.floor(offset / BANK_BLOCK)]!
  }

  read(offset: number): number {
    return offset < BANKS * BANK_BLOCK ? this.#registersAt(offset).read(offset % BANK_BLOCK) : 0
  }

  write(offset: number, value: number, mask: number): void {
    if (offset < BANKS * BANK_BLOCK) this.#registersAt(offset).write(offset % BANK_BLOCK, value, mask)
  }

  program(address: number, size: number, value: number): void {
    const { start, size: bytes } = this.#data.flash
    this.#banks[Math.floor((address - start) / (bytes / BANKS))]!.program(address, size, value)
  }
}
