// The embedded flash interface of the STM32H74x: two banks, each with its own key, control and status registers.
// Flash is programmed in words of 256 bits that collect in a write buffer; nothing but erasing sets bits. A refused write
// raises a flag and is ignored. Sources: RM0433, chapter 4, offsets and bits also by ST's stm32h743xx.h; times: DS12110,
// table 56, at 2.7 to 3.6 V (the 1.1 s of a sector at 32 bits also by ST in thread 734674 of community.st.com).

import type { BoardData, FlashSector } from '../../device/board-data.ts'
import type { Bus, FlashPort, Peripheral } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import { BusFault } from '../core/faults.ts'
import type { Memory } from '../memory.ts'
import type { Scheduler, TimedEvent } from '../scheduler.ts'
import type { FlashFaults, GuardedFlash, ReadProtection } from './chip.ts'
import { FlashOptionsH7, SHARED_REGISTERS } from './flash-h7-options.ts'
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
  RDPERR: 1 << 23,
  RDSERR: 1 << 24,
  SNECCERR: 1 << 25,
  DBECCERR: 1 << 26,
} as const
const SR_ERRORS = SR.WRPERR | SR.PGSERR | SR.STRBERR | SR.INCERR | SR.OPERR
/** those that CCR clears: every flag above the status bits */
const SR_CLEARABLE = SR_ERRORS | SR.EOP | SR.RDPERR | SR.RDSERR | SR.SNECCERR | SR.DBECCERR
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

type Option = 'PRAR' | 'SCAR' | 'WPSN'
type Name = 'KEYR' | 'CR' | 'SR' | 'CCR' | `${Option}_${'CUR' | 'PRG'}` | 'ECC_FAR'
/** an area that ends before it starts is none */
const NO_AREA = 0x000000ff
const AREA_BITS = 0x8fff0fff | 0
/** Offsets from the bank's own registers. */
const BANK_REGISTERS: RegisterTable<Name> = {
  KEYR: { offset: 0x04 },
  CR: { offset: 0x0c, reset: CR.LOCK | (3 << PSIZE_SHIFT) },
  SR: { offset: 0x10, writable: 0 },
  CCR: { offset: 0x14 },
  PRAR_CUR: { offset: 0x28, reset: NO_AREA, writable: 0 },
  PRAR_PRG: { offset: 0x2c, reset: NO_AREA, writable: AREA_BITS },
  SCAR_CUR: { offset: 0x30, reset: NO_AREA, writable: 0 },
  SCAR_PRG: { offset: 0x34, reset: NO_AREA, writable: AREA_BITS },
  WPSN_CUR: { offset: 0x38, reset: 0xff, writable: 0 },
  WPSN_PRG: { offset: 0x3c, reset: 0xff, writable: 0xff },
  ECC_FAR: { offset: 0x60, writable: 0 },
}
const OPTIONS: readonly Option[] = ['PRAR', 'SCAR', 'WPSN']
/** PRAR and SCAR count in these */
const AREA_UNIT = 256
const KEYS: readonly number[] = [0x45670123, 0xcdef89ab | 0]

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
  flashFaults: FlashFaults
  coreHz: () => number
  onAccessControl: (acr: number) => void
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
  /** addresses of words with wrong bits, and how many */
  readonly #wrong: Map<number, 1 | 2>
  /** nobody may read, erase or program now */
  closed = false
  /** whether option registers can be written */
  optionsOpen: () => boolean = () => false
  /** whether the secure-only area counts */
  secure: () => boolean = () => false

  constructor(parts: FlashH7Parts, sectors: readonly FlashSector[]) {
    super(BANK_REGISTERS)
    this.#parts = parts
    this.#sectors = sectors
    const { writeProtected = [], wrongBits = [] } = parts.flashFaults
    const here = (address: number) => this.#sectorAt(address) !== undefined
    this.#wrong = new Map(
      wrongBits.filter(({ address }) => here(address)).map(({ address, bits }) => [address & ~(WORD_BYTES - 1), bits]),
    )
    for (const [n, { index }] of sectors.entries()) {
      if (writeProtected.includes(index)) this.set('WPSN_CUR', this.get('WPSN_CUR') & ~(1 << n))
    }
    this.set('WPSN_PRG', this.get('WPSN_CUR'))
    this.#done = parts.scheduler.event(() => this.#finish())
  }

  /** Option bytes live through a reset. */
  reset(): void {
    const options = OPTIONS.map((name) => this.get(`${name}_CUR`))
    this.resetRegisters()
    OPTIONS.forEach((name, n) => {
      this.set(`${name}_CUR`, options[n]!)
      this.set(`${name}_PRG`, options[n]!)
    })
    this.#keys.reset()
    this.#emptyBuffer()
    this.#parts.scheduler.schedule(this.#done, Infinity)
  }

  /** Makes the option words that were written the current ones. */
  loadOptions(): void {
    for (const name of OPTIONS) this.set(`${name}_CUR`, this.get(`${name}_PRG`))
    this.guard()
  }

  #sectorAt(address: number): FlashSector | undefined {
    return this.#sectors.find(({ start, size }) => address >= start && address < start + size)
  }

  /** Where an area of the options lies; an empty one is at the bank's start and has no length. */
  #area(name: 'PRAR' | 'SCAR'): { start: number; size: number } {
    const word = this.get(`${name}_CUR`)
    const [first, last] = [word & 0xfff, (word >>> 16) & 0xfff]
    const size = name === 'SCAR' && !this.secure() ? 0 : Math.max(0, last + 1 - first) * AREA_UNIT
    return { start: this.#sectors[0]!.start + first * AREA_UNIT, size: first > last ? 0 : size }
  }

  #inArea(name: 'PRAR' | 'SCAR', address: number): boolean {
    const { start, size } = this.#area(name)
    return address >= start && address < start + size
  }

  /** Takes what must not be read, or not without a look, off the fast ways. */
  guard(): void {
    const { memory, code } = this.#parts
    const { start } = this.#sectors[0]!
    const length = this.#sectors.reduce((sum, { size }) => sum + size, 0)
    const at = memory.existingOffset(start)
    memory.hide(at, length, { reads: this.closed, fetches: this.closed })
    code.invalidate(at, length)
    if (this.closed) return
    const guarded = [this.#area('PRAR'), this.#area('SCAR')].filter(({ size }) => size > 0)
    for (const word of this.#wrong.keys()) guarded.push({ start: word, size: WORD_BYTES })
    for (const { start: from, size } of guarded) {
      memory.hide(at + from - start, size, { reads: true, fetches: false })
    }
  }

  /** A read that the memory does not answer by itself. A code fetch does not come here. */
  readHidden(address: number, size: number): number {
    if (this.closed || this.#inArea('PRAR', address)) this.#refuse(SR.RDPERR, address)
    if (this.#inArea('SCAR', address)) this.#refuse(SR.RDSERR, address)
    const word = address & ~(WORD_BYTES - 1)
    const bits = this.#wrong.get(word)
    if (bits !== undefined) {
      this.set('ECC_FAR', (word - this.#sectors[0]!.start) / WORD_BYTES)
      if (bits === 2) this.#refuse(SR.DBECCERR, address)
      this.set('SR', this.get('SR') | SR.SNECCERR)
    }
    const { memory } = this.#parts
    return memory.get(memory.existingOffset(address), size)
  }

  #refuse(flag: number, address: number): never {
    this.set('SR', this.get('SR') | flag)
    throw new BusFault(address)
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
      case 'PRAR_PRG':
      case 'SCAR_PRG':
      case 'WPSN_PRG':
        if (this.optionsOpen()) this.set(name, value)
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
    if (this.closed || ((this.get('WPSN_CUR') >>> this.#sectors.indexOf(sector)) & 1) === 0) return true
    return (['PRAR', 'SCAR'] as const).some((name) => {
      const { start, size } = this.#area(name)
      return size > 0 && start < sector.start + sector.size && start + size > sector.start
    })
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
    this.#clear(sectors)
    this.#startBusy(seconds[this.#psize]!)
  }

  /** Erases the whole bank, whatever protects it: what leaving level 1 of read-out protection does. */
  clear(): void {
    this.#clear(this.#sectors.filter(({ index }) => !this.#parts.wornSectors.has(index)))
  }

  #clear(sectors: readonly FlashSector[]): void {
    const { memory, code } = this.#parts
    for (const { start, size } of sectors) {
      const offset = memory.existingOffset(start)
      memory.u8.fill(0xff, offset, offset + size)
      code.invalidate(offset, size)
      for (const word of this.#wrong.keys()) if (word >= start && word < start + size) this.#wrong.delete(word)
    }
    this.guard()
  }

  /** A bus write; `address` lies in one of this bank's sectors. */
  program(address: number, size: number, value: number): void {
    const sector = this.#sectorAt(address)!
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
    const offset = memory.existingOffset(this.#target!)
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

export class FlashControllerH7 implements Peripheral, FlashPort, GuardedFlash {
  readonly #banks: readonly FlashBank[]
  readonly #shared: FlashOptionsH7
  readonly #data: BoardData
  #intruded = false

  constructor(parts: FlashH7Parts) {
    this.#data = parts.data
    const { sectors } = parts.data.flash
    const each = sectors.length / BANKS
    this.#banks = Array.from(
      { length: BANKS },
      (_, bank) => new FlashBank(parts, sectors.slice(bank * each, (bank + 1) * each)),
    )
    this.#shared = new FlashOptionsH7({
      scheduler: parts.scheduler,
      coreHz: parts.coreHz,
      readProtection: parts.flashFaults.readProtection ?? 0,
      onAccessControl: parts.onAccessControl,
      massErase: () => this.#banks.forEach((bank) => bank.clear()),
      onChange: () => {
        this.#close()
        for (const bank of this.#banks) bank.loadOptions()
      },
    })
    for (const bank of this.#banks) {
      bank.optionsOpen = () => this.#shared.open
      bank.secure = () => this.#shared.secure
      bank.guard()
    }
    parts.bus.flash = this
  }

  reset(): void {
    this.#shared.reset()
    for (const bank of this.#banks) bank.reset()
  }

  get readProtection(): ReadProtection {
    return this.#shared.readProtection
  }

  get userOptions(): number {
    return this.#shared.userOptions
  }

  intrude(): void {
    if (this.#intruded) return
    this.#intruded = true
    this.#close()
  }

  powerUp(): void {
    this.#intruded = false
    this.#close()
  }

  /** RM0433, 4.5.3: once a debugger has come, protected flash is closed to everybody, the core included. */
  #close(): void {
    for (const bank of this.#banks) {
      const closed = this.#intruded && this.readProtection !== 0
      if (bank.closed === closed) continue
      bank.closed = closed
      bank.guard()
    }
  }

  #bankAt(address: number): FlashBank {
    const { start, size } = this.#data.flash
    return this.#banks[Math.floor((address - start) / (size / BANKS))]!
  }

  readHidden(address: number, size: number): number {
    return this.#bankAt(address).readHidden(address, size)
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
    this.#bankAt(address).program(address, size, value)
  }
}
