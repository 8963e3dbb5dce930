// RCC of the STM32H74x: ready flags follow their enable bits at once, the switch status follows the switch, and the
// core's frequency is what the registers say, PLL1's fraction included. Sources: RM0433, section 8.7; offsets and bits also
// by ST's stm32h743xx.h.

import type { HighSpeedClock } from '../../device/board-data.ts'
import type { Clocks, ResetCause } from './chip.ts'
import { oscillates } from './rcc.ts'
import { RegisterFile, type RegisterTable } from './register-file.ts'

const HSI_HZ = 64_000_000
const CSI_HZ = 4_000_000
/** RCC_CR */
const HSERDY = 1 << 17
const HSEBYP = 1 << 18

/** Enable and ready bits, by register. */
const READY = {
  CR: [
    [0, 2], // HSI
    [7, 8], // CSI
    [12, 13], // HSI48
    [16, 17], // HSE
    [24, 25], // PLL1
    [26, 27], // PLL2
    [28, 29], // PLL3
  ],
  BDCR: [[0, 1]],
  CSR: [[0, 1]],
} as const

type Name = 'CR' | 'CFGR' | 'D1CFGR' | 'D2CFGR' | 'D3CFGR' | 'PLLCKSELR' | 'PLLCFGR' | 'PLL1DIVR' | 'PLL1FRACR' | Stored
type Stored = 'BDCR' | 'CSR' | 'RSR' | 'GCR' | EnableRegister | `STORE_${string}`
export type EnableRegister = 'AHB2ENR' | 'AHB4ENR' | 'APB1LENR' | 'APB3ENR' | 'APB4ENR'

/** Registers that only have to keep what they are told: the other PLLs, clock sources, enables and resets. */
const STORED_OFFSETS = [
  ...[0x04, 0x08, 0x38, 0x3c, 0x40, 0x44, 0x4c, 0x50, 0x54, 0x58, 0x60, 0x7c, 0x80, 0x84, 0x88, 0x8c, 0x90, 0x94],
  ...[0x98, 0x9c, 0xa8, 0xd4, 0xd8, 0xec, 0xf0],
]

/** RCC_GCR: lets the window watchdog reset the chip; software can set it only. */
const WW1RSC = 1 << 0

const NAMED: RegisterTable<Name> = {
  ...(Object.fromEntries(STORED_OFFSETS.map((offset) => [`STORE_${offset.toString(16)}`, { offset }])) as Record<
    `STORE_${string}`,
    { offset: number }
  >),
  CR: { offset: 0x00, reset: 0x00000025, writable: 0x150d129b },
  CFGR: { offset: 0x10, writable: ~0x38 },
  D1CFGR: { offset: 0x18 },
  D2CFGR: { offset: 0x1c },
  D3CFGR: { offset: 0x20 },
  PLLCKSELR: { offset: 0x28, reset: 0x02020200 },
  PLLCFGR: { offset: 0x2c, reset: 0x01ff0000 },
  PLL1DIVR: { offset: 0x30, reset: 0x01010280 },
  PLL1FRACR: { offset: 0x34, writable: 0xfff8 },
  BDCR: { offset: 0x70 },
  CSR: { offset: 0x74 },
  GCR: { offset: 0xa0, writable: WW1RSC },
  AHB2ENR: { offset: 0xdc },
  AHB4ENR: { offset: 0xe0 },
  APB3ENR: { offset: 0xe4 },
  APB1LENR: { offset: 0xe8 },
  APB4ENR: { offset: 0xf4 },
  RSR: { offset: 0xd0, writable: 1 << 16 },
}

const REMOVE_RESET_FLAGS = 1 << 16
const RESET = {
  CPU: 1 << 17,
  D1: 1 << 19,
  D2: 1 << 20,
  BOR: 1 << 21,
  PIN: 1 << 22,
  POR: 1 << 23,
  SFT: 1 << 24,
  IWDG1: 1 << 26,
  WWDG1: 1 << 28,
  LPWR: 1 << 30,
} as const
/** every internal reset pulls the pin as well (RM0433, table 54) */
const FLAGS_OF: Readonly<Record<ResetCause, number>> = {
  pin: RESET.PIN | RESET.CPU,
  power: RESET.PIN | RESET.CPU | RESET.POR | RESET.BOR | RESET.D1 | RESET.D2,
  software: RESET.PIN | RESET.CPU | RESET.SFT,
  'independent-watchdog': RESET.PIN | RESET.CPU | RESET.IWDG1,
  'window-watchdog': RESET.PIN | RESET.CPU | RESET.WWDG1,
  'low-power': RESET.PIN | RESET.CPU | RESET.LPWR,
}

/** Prescalers of D1CFGR by their field, from 8 on. */
const CORE_DIVIDERS = [2, 4, 8, 16, 64, 128, 256, 512] as const
const coreDivider = (field: number) => (field < 8 ? 1 : CORE_DIVIDERS[field - 8]!)
const busDivider = (field: number) => (field < 4 ? 1 : 2 << (field - 4))

export class RccH7 extends RegisterFile<Name> implements Clocks {
  readonly #clockChanged: () => void
  readonly #hse: HighSpeedClock

  constructor(clockChanged: () => void, hse: HighSpeedClock) {
    super(NAMED)
    this.#hse = hse
    this.#clockChanged = clockChanged
  }

  /** System reset keeps the reset flags and adds what caused it. */
  reset(cause: ResetCause): void {
    const flags = this.get('RSR')
    this.resetRegisters()
    this.set('RSR', flags | FLAGS_OF[cause])
    this.#clockChanged()
  }

  protected override onWrite(name: Name, value: number): void {
    if (name === 'RSR') {
      if (value & REMOVE_RESET_FLAGS) this.set('RSR', 0)
    } else if (name === 'GCR') this.set('GCR', value | this.get('GCR'))
    else this.set(name, value)
    if (name === 'CR' || name === 'BDCR' || name === 'CSR') this.#followReady(name)
    if (name === 'CFGR') this.set('CFGR', (value & ~0x38) | ((value & 7) << 3))
    this.#clockChanged()
  }

  #followReady(name: 'CR' | 'BDCR' | 'CSR'): void {
    let value = this.get(name)
    for (const [enable, ready] of READY[name]) {
      value = (value & ~(1 << ready)) | (((value >>> enable) & 1) << ready)
    }
    if (name === 'CR' && !oscillates(this.#hse, (value & HSEBYP) !== 0)) value &= ~HSERDY
    this.set(name, value)
  }

  get #hsiHz(): number {
    return HSI_HZ >>> ((this.get('CR') >>> 3) & 3)
  }

  get #pllHz(): number {
    const source = this.get('PLLCKSELR') & 3
    const input = source === 0 ? this.#hsiHz : source === 1 ? CSI_HZ : source === 2 ? this.#hse.hz : 0
    const m = (this.get('PLLCKSELR') >>> 4) & 0x3f
    if (m === 0) return 0
    const dividers = this.get('PLL1DIVR')
    const fraction = this.get('PLLCFGR') & 1 ? (this.get('PLL1FRACR') >>> 3) / 8192 : 0
    return ((input / m) * ((dividers & 0x1ff) + 1 + fraction)) / (((dividers >>> 9) & 0x7f) + 1)
  }

  get #systemHz(): number {
    const source = this.get('CFGR') & 7
    if (source === 1) return CSI_HZ
    if (source === 2) return this.#hse.hz
    // Without a reference the switch does not happen.
    return (source === 3 && this.#pllHz) || this.#hsiHz
  }

  get coreHz(): number {
    return this.#systemHz / coreDivider((this.get('D1CFGR') >>> 8) & 15)
  }

  /** Without it the window watchdog is not set up as it has to be (RM0433, 8.7.32). */
  get windowWatchdogResets(): boolean {
    return (this.get('GCR') & WW1RSC) !== 0
  }

  get apb3Divider(): number {
    return coreDivider(this.get('D1CFGR') & 15) * busDivider((this.get('D1CFGR') >>> 4) & 7)
  }

  get apb1Divider(): number {
    return coreDivider(this.get('D1CFGR') & 15) * busDivider((this.get('D2CFGR') >>> 4) & 7)
  }
}
