// The embedded flash interface of the STM32F405/407 and the STM32F74x. Flash changes only through it: programming clears
// bits, erasing sets them, both take emulated time. Sources: RM0090, section 3; RM0385, section 3;
// offsets and bits also by ST's stm32f407xx.h and stm32f746xx.h.

import type { Bus, FlashPort } from '../bus.ts'
import type { CodeCache } from '../code-cache.ts'
import { BusFault } from '../core/faults.ts'
import type { Memory } from '../memory.ts'
import type { Scheduler, TimedEvent } from '../scheduler.ts'
import type { BoardData, FlashSector } from '../../device/board-data.ts'
import { KB } from '../../base/units.ts'
import { protectionLevel } from '../../device/flash-driver.ts'
import type { FlashFaults, GuardedFlash, ReadProtection } from './chip.ts'
import { KeySequence } from './key-sequence.ts'
import { RegisterFile, type RegisterTable } from './register-file.ts'

const SR = {
  EOP: 1 << 0,
  OPERR: 1 << 1,
  WRPERR: 1 << 4,
  PGAERR: 1 << 5,
  PGPERR: 1 << 6,
  /** ERSERR on the STM32F74x */
  PGSERR: 1 << 7,
  BSY: 1 << 16,
} as const
const ERRORS = SR.OPERR | SR.WRPERR | SR.PGAERR | SR.PGPERR | SR.PGSERR
const CR = {
  PG: 1 << 0,
  SER: 1 << 1,
  MER: 1 << 2,
  STRT: 1 << 16,
  EOPIE: 1 << 24,
  ERRIE: 1 << 25,
  LOCK: 0x80000000 | 0,
} as const
const OPTCR = { OPTLOCK: 1, OPTSTRT: 2, RDP_SHIFT: 8, RDP: 0xff << 8, NWRP_SHIFT: 16 } as const

type Name = 'ACR' | 'KEYR' | 'OPTKEYR' | 'SR' | 'CR' | 'OPTCR' | 'OPTCR1'

export interface FlashVariant {
  /** option bytes as they leave the factory */
  options: { OPTCR: number; OPTCR1: number }
  acrWritable: number
  /** whether flash can be written through its alias */
  writableAlias: boolean
  /** typical seconds to erase, by sector size in KB */
  eraseSeconds: Readonly<Record<number, number>>
  /** the same for all of it */
  massEraseSeconds: number
}

/** Times: DS8626 table 39, at 2.7 to 3.6 V */
export const FLASH_F4: FlashVariant = {
  options: { OPTCR: 0x0fffaaed, OPTCR1: 0 },
  acrWritable: 0x1f07,
  writableAlias: true,
  eraseSeconds: { 16: 0.25, 64: 0.55, 128: 1 },
  massEraseSeconds: 8,
}

/** Times: DS10916 table 50, at 2.7 to 3.6 V */
export const FLASH_F7: FlashVariant = {
  options: { OPTCR: 0xc0ffaafd | 0, OPTCR1: 0x00400080 },
  acrWritable: 0x0b0f,
  writableAlias: false,
  eraseSeconds: { 32: 0.25, 128: 1, 256: 2 },
  massEraseSeconds: 8,
}

const registers = ({ options, acrWritable }: FlashVariant): RegisterTable<Name> => ({
  ACR: { offset: 0x00, writable: acrWritable },
  KEYR: { offset: 0x04 },
  OPTKEYR: { offset: 0x08 },
  SR: { offset: 0x0c },
  CR: { offset: 0x10, reset: CR.LOCK },
  OPTCR: { offset: 0x14, reset: options.OPTCR },
  OPTCR1: { offset: 0x18, reset: options.OPTCR1 },
})

const KEYS: readonly number[] = [0x45670123, 0xcdef89ab | 0]
const OPTION_KEYS: readonly number[] = [0x08192a3b, 0x4c5d6e7f]

const PROGRAM_S = 16e-6
/** Not in the data sheets: taken as that of the smallest sector, for option bytes are erased and written anew. */
const OPTIONS_S = 0.25
/** RDP bytes that stand for a level; for level 1 every other byte does. */
const RDP_BYTE = [0xaa, 0x55, 0xcc] as const
/** One program operation may not leave this row. */
const ROW_BYTES = 16

export interface FlashParts {
  memory: Memory
  code: CodeCache
  bus: Bus
  scheduler: Scheduler
  data: BoardData
  /** indices of sectors whose cells no longer change, which this controller does not notice */
  wornSectors: ReadonlySet<number>
  flashFaults: FlashFaults
  coreHz: () => number
  /** told of FLASH_ACR whenever it changes */
  onAccessControl: (acr: number) => void
}

export class FlashController extends RegisterFile<Name> implements FlashPort, GuardedFlash {
  readonly #keys = new KeySequence(KEYS)
  readonly #optionKeys = new KeySequence(OPTION_KEYS)
  readonly #done: TimedEvent
  readonly #variant: FlashVariant
  readonly #parts: FlashParts
  /** what the option bytes hold; the registers can differ from it until they are programmed */
  #options: { OPTCR: number; OPTCR1: number }
  /** what comes true when the running operation ends */
  #afterBusy: () => void = () => undefined
  #intruded = false
  /** where the flash lies in the memory's buffer */
  readonly #base: number

  constructor(variant: FlashVariant, parts: FlashParts) {
    super(registers(variant))
    this.#variant = variant
    this.#parts = parts
    this.#base = parts.memory.offsetOf(parts.data.flash.start)
    const { readProtection = 0, writeProtected = [] } = parts.flashFaults
    const open = variant.options.OPTCR & ~OPTCR.RDP
    this.#options = {
      OPTCR: writeProtected.reduce(
        (word, sector) => word & ~(1 << (OPTCR.NWRP_SHIFT + sector)),
        open | (RDP_BYTE[readProtection] << OPTCR.RDP_SHIFT),
      ),
      OPTCR1: variant.options.OPTCR1,
    }
    this.#done = parts.scheduler.event(() => this.#finish())
    parts.bus.flash = this
  }

  /** Option bytes live through a reset; what was written to their registers and not programmed does not. */
  reset(): void {
    this.resetRegisters()
    this.#parts.onAccessControl(this.get('ACR'))
    this.#showOptions(OPTCR.OPTLOCK)
    this.#afterBusy = () => undefined
    this.#keys.reset()
    this.#optionKeys.reset()
    this.#parts.scheduler.schedule(this.#done, Infinity)
  }

  get readProtection(): ReadProtection {
    return protectionLevel((this.#options.OPTCR >>> OPTCR.RDP_SHIFT) & 0xff)
  }

  /** RM0090, 3.7.3: once a debugger has come, protected flash is closed to everybody, the core included. */
  get #closed(): boolean {
    return this.#intruded && this.readProtection !== 0
  }

  intrude(): void {
    if (this.#intruded) return
    this.#intruded = true
    this.#close()
  }

  powerUp(): void {
    if (!this.#intruded) return
    this.#intruded = false
    this.#close()
  }

  #close(): void {
    const { memory, code, data } = this.#parts
    memory.hide(this.#base, data.flash.size, { reads: this.#closed, fetches: this.#closed })
    code.invalidate(this.#base, data.flash.size)
  }

  #showOptions(lock: number): void {
    this.set('OPTCR', (this.#options.OPTCR & ~OPTCR.OPTLOCK) | lock)
    this.set('OPTCR1', this.#options.OPTCR1)
  }

  get #busy(): boolean {
    return (this.get('SR') & SR.BSY) !== 0
  }

  protected override onRead(name: Name): number {
    return name === 'KEYR' || name === 'OPTKEYR' ? 0 : this.get(name)
  }

  protected override onWrite(name: Name, value: number, mask: number): void {
    switch (name) {
      case 'ACR':
        this.set('ACR', value)
        this.#parts.onAccessControl(value)
        break
      case 'KEYR':
        if (this.#keys.take(value)) this.set('CR', this.get('CR') & ~CR.LOCK)
        break
      case 'OPTKEYR':
        if (this.#optionKeys.take(value)) this.set('OPTCR', this.get('OPTCR') & ~OPTCR.OPTLOCK)
        break
      case 'SR':
        // Flags are cleared by writing ones.
        this.set('SR', this.get('SR') & ~(value & mask & (ERRORS | SR.EOP)))
        break
      case 'CR':
        this.#writeControl(value)
        break
      case 'OPTCR':
        if (!this.#optionsOpen) break
        this.set('OPTCR', value & ~OPTCR.OPTSTRT)
        if ((value & OPTCR.OPTSTRT) !== 0) this.#programOptions()
        break
      case 'OPTCR1':
        if (this.#optionsOpen) this.set('OPTCR1', value)
        break
    }
  }

  get userOptions(): number {
    return this.#options.OPTCR
  }

  get #optionsOpen(): boolean {
    return (this.get('OPTCR') & OPTCR.OPTLOCK) === 0 && !this.#busy
  }

  /** RM0090, 3.6.2 and 3.7.3. From level 1 to 0 all of flash is erased first, and the other option bytes stay. */
  #programOptions(): void {
    const level = this.readProtection
    if (level === 2) return
    const wanted = { OPTCR: this.get('OPTCR'), OPTCR1: this.get('OPTCR1') }
    const opens = level === 1 && protectionLevel((wanted.OPTCR >>> OPTCR.RDP_SHIFT) & 0xff) === 0
    if (opens) {
      wanted.OPTCR = (this.#options.OPTCR & ~OPTCR.RDP) | (RDP_BYTE[0] << OPTCR.RDP_SHIFT)
      wanted.OPTCR1 = this.#options.OPTCR1
      this.#clear(this.#parts.data.flash.sectors)
    }
    this.#startBusy(opens ? this.#variant.massEraseSeconds : OPTIONS_S)
    this.#afterBusy = () => {
      this.#options = wanted
      this.#showOptions(this.get('OPTCR') & OPTCR.OPTLOCK)
      this.#close()
    }
  }

  #writeControl(value: number): void {
    if ((this.get('CR') & CR.LOCK) !== 0 || this.#busy) return
    this.set('CR', value & ~CR.STRT)
    if ((value & CR.STRT) !== 0) this.#erase(value)
  }

  #erase(control: number): void {
    const { flash } = this.#parts.data
    if ((control & CR.PG) !== 0) {
      this.#fail(SR.PGSERR)
      return
    }
    const all = (control & CR.MER) !== 0
    if (!all && (control & CR.SER) === 0) return
    const sector = flash.sectors[(control >>> 3) & 15]
    const chosen = all ? flash.sectors : sector === undefined ? [] : [sector]
    // RM0090, 3.7.4: a sector that does not exist counts as protected, and so does asking for both.
    const both = all && (control & CR.SER) !== 0
    if (this.#closed || both || chosen.length === 0 || chosen.some(({ index }) => this.#protected(index))) {
      this.#fail(SR.WRPERR)
      return
    }
    this.#clear(chosen)
    this.#startBusy(all ? this.#variant.massEraseSeconds : this.#variant.eraseSeconds[chosen[0]!.size / KB]!)
  }

  #clear(sectors: readonly FlashSector[]): void {
    const { memory, code, wornSectors, data } = this.#parts
    for (const { index, start, size } of sectors) {
      if (wornSectors.has(index)) continue
      const offset = this.#base + start - data.flash.start
      memory.u8.fill(0xff, offset, offset + size)
      code.invalidate(offset, size)
    }
  }

  /** OPTCR.nWRP: a sector is protected while its bit is 0. */
  #protected(sector: number): boolean {
    return ((this.#options.OPTCR >>> (OPTCR.NWRP_SHIFT + sector)) & 1) === 0
  }

  /** Flash is hidden only while it is closed. */
  readHidden(address: number): number {
    throw new BusFault(address)
  }

  /** A bus write to flash, by the core or a debugger. Without PG it is refused with a bus fault. */
  program(address: number, size: number, value: number): void {
    const { memory, code, data, scheduler } = this.#parts
    const control = this.get('CR')
    if ((control & CR.LOCK) !== 0 || (control & CR.PG) === 0) {
      this.#fail(SR.PGSERR)
      throw new BusFault(address)
    }
    if (address < data.flash.start && !this.#variant.writableAlias) throw new BusFault(address)
    // The bus waits while the last operation runs.
    if (this.#busy) scheduler.pass(Math.max(0, this.#done.due - scheduler.now))
    const offset = memory.existingOffset(address)
    const start = data.flash.start + ((address - data.flash.start) & (data.flash.size - 1))
    const sector = data.flash.sectors.find((one) => start >= one.start && start < one.start + one.size)
    if (sector === undefined) throw new BusFault(address)
    if (this.#closed || this.#protected(sector.index)) this.#fail(SR.WRPERR)
    else if (size !== 1 << ((control >>> 8) & 3)) this.#fail(SR.PGPERR)
    else if ((address & (ROW_BYTES - 1)) + size > ROW_BYTES) this.#fail(SR.PGAERR)
    else {
      if (!this.#parts.wornSectors.has(sector.index)) {
        memory.set(offset, size, memory.get(offset, size) & value)
        code.invalidate(offset, size)
      }
      this.#startBusy(PROGRAM_S)
    }
  }

  #startBusy(seconds: number): void {
    const { scheduler, coreHz } = this.#parts
    this.set('SR', this.get('SR') | SR.BSY)
    scheduler.schedule(this.#done, scheduler.now + Math.ceil(seconds * coreHz()))
  }

  #finish(): void {
    // EOP is shown when its interrupt is enabled only (RM0090, 3.9.4), and so is OPERR.
    const finished = (this.get('CR') & CR.EOPIE) !== 0 ? SR.EOP : 0
    this.set('SR', (this.get('SR') & ~SR.BSY) | finished)
    this.#afterBusy()
    this.#afterBusy = () => undefined
  }

  #fail(flag: number): void {
    const operation = (this.get('CR') & CR.ERRIE) !== 0 ? SR.OPERR : 0
    this.set('SR', this.get('SR') | flag | operation)
  }
}
