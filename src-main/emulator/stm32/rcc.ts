// RCC of the STM32F405/407 and, where firmware sees it the same, of the STM32F74x: clock ready flags follow their enable
// bits at once, the switch status follows the switch, and the core's frequency is what the registers say.
// Sources: RM0090, section 7.3; RM0385, section 5.3; offsets and bits also by ST's stm32f407xx.h and stm32f746xx.h.

import type { HighSpeedClock } from '../../device/board-data.ts'
import type { Clocks, ResetCause } from './chip.ts'
import { RegisterFile, type RegisterTable } from './register-file.ts'

const HSI_HZ = 16_000_000
/** RCC_CR */
const HSERDY = 1 << 17
const HSEBYP = 1 << 18

/** Enable and ready bits that lie side by side, by register. */
const READY_FOLLOWS = { CR: [0, 16, 24, 26, 28], BDCR: [0], CSR: [0] } as const

const NAMED = {
  CR: { offset: 0x00, reset: 0x00000083, writable: 0x050d00f9 },
  PLLCFGR: { offset: 0x04, reset: 0x24003010 },
  CFGR: { offset: 0x08, writable: ~0xc },
  CIR: { offset: 0x0c, writable: 0x3f00 },
  AHB1RSTR: { offset: 0x10 },
  AHB2RSTR: { offset: 0x14 },
  AHB3RSTR: { offset: 0x18 },
  APB1RSTR: { offset: 0x20 },
  APB2RSTR: { offset: 0x24 },
  AHB1ENR: { offset: 0x30, reset: 0x00100000 },
  AHB2ENR: { offset: 0x34 },
  AHB3ENR: { offset: 0x38 },
  APB1ENR: { offset: 0x40 },
  APB2ENR: { offset: 0x44 },
  AHB1LPENR: { offset: 0x50, reset: 0x7e6791ff },
  AHB2LPENR: { offset: 0x54, reset: 0x000000f1 },
  AHB3LPENR: { offset: 0x58, reset: 0x00000001 },
  APB1LPENR: { offset: 0x60, reset: 0x36fec9ff },
  APB2LPENR: { offset: 0x64, reset: 0x00075f33 },
  BDCR: { offset: 0x70, writable: 0x1830d },
  CSR: { offset: 0x74, reset: 0x0e000000, writable: 0x01000001 },
  SSCGR: { offset: 0x80 },
  PLLI2SCFGR: { offset: 0x84, reset: 0x20003000 },
  PLLSAICFGR: { offset: 0x88, reset: 0x20003000 },
  DCKCFGR1: { offset: 0x8c },
  DCKCFGR2: { offset: 0x90 },
} satisfies RegisterTable<string>

/** CR.PLLSAION; the STM32F405/407 have no such PLL */
const PLLSAION = 1 << 28

export type EnableRegister = 'AHB1ENR' | 'APB1ENR'

const REMOVE_RESET_FLAGS = 1 << 24
const RESET_FLAGS = 0xfe000000 | 0
const BOR = 1 << 25
const PIN = 1 << 26
/** every internal reset pulls the pin as well */
const FLAGS_OF: Readonly<Record<ResetCause, number>> = {
  pin: PIN,
  power: PIN | (1 << 27) | BOR,
  software: PIN | (1 << 28),
  'independent-watchdog': PIN | (1 << 29),
  'window-watchdog': PIN | (1 << 30),
  'low-power': PIN | (1 << 31),
}

/** AHB prescaler by CFGR.HPRE, from 8 on. */
const AHB_DIVIDERS = [2, 4, 8, 16, 64, 128, 256, 512] as const

/** Whether the oscillator gets ready once it is on. */
export const oscillates = ({ kind }: HighSpeedClock, bypassed: boolean) =>
  kind === 'external' || (kind === 'crystal' && !bypassed)

export class Rcc extends RegisterFile<keyof typeof NAMED> implements Clocks {
  readonly #clockChanged: () => void
  readonly #hse: HighSpeedClock

  constructor(clockChanged: () => void, hse: HighSpeedClock, { hasSaiPll }: { hasSaiPll: boolean }) {
    super({ ...NAMED, CR: { ...NAMED.CR, writable: NAMED.CR.writable | (hasSaiPll ? PLLSAION : 0) } })
    this.#hse = hse
    this.#clockChanged = clockChanged
  }

  /** System reset keeps the reset flags and adds what caused it. */
  reset(cause: ResetCause): void {
    const flags = this.get('CSR') & RESET_FLAGS
    this.resetRegisters()
    this.set('CSR', flags | FLAGS_OF[cause])
    this.#clockChanged()
  }

  protected override onWrite(name: keyof typeof NAMED, value: number): void {
    if (name === 'CSR' && value & REMOVE_RESET_FLAGS) this.set('CSR', value & ~RESET_FLAGS & ~REMOVE_RESET_FLAGS)
    else this.set(name, value)
    if (name === 'CR' || name === 'BDCR' || name === 'CSR') this.#followReady(name)
    if (name === 'CFGR') this.set('CFGR', (value & ~0xc) | ((value & 3) << 2))
    this.#clockChanged()
  }

  #followReady(name: 'CR' | 'BDCR' | 'CSR'): void {
    let value = this.get(name)
    for (const bit of READY_FOLLOWS[name]) value = (value & ~(2 << bit)) | (((value >>> bit) & 1) << (bit + 1))
    if (name === 'CR' && !oscillates(this.#hse, (value & HSEBYP) !== 0)) value &= ~HSERDY
    this.set(name, value)
  }

  get #systemHz(): number {
    const source = this.get('CFGR') & 3
    if (source === 0) return HSI_HZ
    if (source === 1) return this.#hse.hz
    const pll = this.get('PLLCFGR')
    const input = pll & (1 << 22) ? this.#hse.hz : HSI_HZ
    const m = pll & 0x3f
    const n = (pll >>> 6) & 0x1ff
    const p = 2 * (((pll >>> 16) & 3) + 1)
    return m === 0 ? HSI_HZ : ((input / m) * n) / p
  }

  /** HCLK */
  get coreHz(): number {
    const prescaler = (this.get('CFGR') >>> 4) & 15
    return this.#systemHz / (prescaler < 8 ? 1 : AHB_DIVIDERS[prescaler - 8]!)
  }

  get apb1Divider(): number {
    const prescaler = (this.get('CFGR') >>> 10) & 7
    return prescaler < 4 ? 1 : 2 << (prescaler - 4)
  }
}
