// What sits where on an STM32F405/407. Sources: RM0090 section 2.3 (memory map), 38.6.1 (DBGMCU), 39 (unique id).

import { KB } from '../../base/units.ts'
import { CORTEX_M4F } from '../core/processors.ts'
import { deepSleepResets, type Chip, type SilentRange } from './chip.ts'
import { gatedBlocks, type ClockGate } from './clock-gate.ts'
import { dbgmcuF4 } from './dbgmcu.ts'
import { FixedWords } from './fixed-words.ts'
import { FLASH_F4, FlashController } from './flash.ts'
import { Gpio, GPIO_RESET } from './gpio.ts'
import { Pwr } from './pwr.ts'
import { Rcc, type EnableRegister } from './rcc.ts'
import { USART_F4, Usart } from './usart.ts'
import { IndependentWatchdog, WindowWatchdog } from './watchdogs.ts'

const USART2_INTERRUPT = 38
const WWDG_INTERRUPT = 0

const ADDRESS = {
  WWDG: 0x40002c00,
  IWDG: 0x40003000,
  USART2: 0x40004400,
  PWR: 0x40007000,
  GPIOA: 0x40020000,
  RCC: 0x40023800,
  FLASH: 0x40023c00,
  DBGMCU: 0xe0042000,
  SYSTEM_MEMORY: 0x1fff7800,
} as const
const BLOCK = 1 * KB
/** FLASH_OPTCR: cleared, the independent watchdog starts by itself */
const IWDG_SW = 1 << 5
/** PWR_CR: standby, not stop */
const PDDS = 1 << 1
const PORTS = 'ABCDEFGHI'

/** RM0090, 7.3.10 and 7.3.13; the same in ST's stm32f407xx.h. */
const CLOCK = { WWDG: ['APB1ENR', 11], USART2: ['APB1ENR', 17], PWR: ['APB1ENR', 28] } as const satisfies Record<
  string,
  ClockGate<EnableRegister>
>
const portClock = (index: number): ClockGate<EnableRegister> => ['AHB1ENR', index]

const SILENT: readonly SilentRange[] = [
  [0x40000000, 0x8000],
  [0x40010000, 0x8000],
  [0x40020000, 0x60000],
  [0x50000000, 0x61000],
  [0xe0042000, 0x1000],
  [0xe00ff000, 0x1000],
]

/** silicon revision Y */
const REVISION = 0x100f
const DEV_ID_RESERVED = 0x6000

export const STM32F407: Chip = {
  processor: CORTEX_M4F,
  interrupts: 82,
  priorityBits: 4,
  vectorTable: 0,

  /** Flash appears at 0 as well (BOOT0 low); CCM can't be executed from. */
  memoryBlocks: (data) => [
    { name: 'flash', start: data.flash.start, size: data.flash.size, alias: 0, writable: false, executable: true },
    ...data.ram.map((region) => ({ ...region, writable: true, executable: region.name !== 'CCM' })),
  ],

  attach(site) {
    const { bus, data, scheduler } = site
    const dbgmcu = dbgmcuF4((REVISION << 16) | DEV_ID_RESERVED | data.idCode)
    const silent = new FixedWords({})
    for (const [start, size] of SILENT) bus.attach(start, size, silent)
    const rcc = new Rcc(
      () => {
        iwdg.clockChanged()
        wwdg.clockChanged()
        site.clockChanged()
      },
      data.highSpeedClock,
      { hasSaiPll: false },
    )
    bus.attach(ADDRESS.RCC, BLOCK, rcc)
    const attachGated = gatedBlocks<EnableRegister>(bus, BLOCK, rcc)
    const watchdogSite = { scheduler, requestReset: site.requestReset }
    const iwdg = new IndependentWatchdog(
      { ...watchdogSite, coreHz: () => rcc.coreHz, stopsWithCore: () => dbgmcu.stops('iwdg') },
      false,
    )
    bus.attach(ADDRESS.IWDG, BLOCK, iwdg)
    const wwdg = new WindowWatchdog({
      ...watchdogSite,
      stopsWithCore: () => dbgmcu.stops('wwdg'),
      clockDivider: () => rcc.apb1Divider,
      interrupt: () => site.interrupt(WWDG_INTERRUPT),
      timebase: { shift: 7, mask: 3 },
    })
    attachGated(ADDRESS.WWDG, CLOCK.WWDG, wwdg)
    const flash = new FlashController(FLASH_F4, { ...site, coreHz: () => rcc.coreHz })
    bus.attach(ADDRESS.FLASH, BLOCK, flash)
    const serialPort = new Usart(USART_F4, {
      scheduler,
      clockDivider: () => rcc.apb1Divider,
      interrupt: () => site.interrupt(USART2_INTERRUPT),
    })
    attachGated(ADDRESS.USART2, CLOCK.USART2, serialPort)
    const pwr = new Pwr()
    attachGated(ADDRESS.PWR, CLOCK.PWR, pwr)
    const ports = [...PORTS].map((port, index) => {
      const gpio = new Gpio(GPIO_RESET[port])
      attachGated(ADDRESS.GPIOA + index * BLOCK, portClock(index), gpio)
      return gpio
    })
    bus.attach(ADDRESS.DBGMCU, BLOCK, dbgmcu)
    // Unique id (three words: x/y, wafer, lot "THIMBLE") and, in the upper half of its word, the flash size in KB.
    bus.attach(
      ADDRESS.SYSTEM_MEMORY,
      BLOCK,
      new FixedWords({ 0x210: 0x00370028, 0x214: 0x48540a01, 0x218: 0x4c424d49, 0x220: (data.flash.size / KB) << 16 }),
    )
    return {
      rcc,
      flash,
      serialPort,
      reset(cause) {
        flash.reset()
        iwdg.reset((flash.userOptions & IWDG_SW) === 0)
        wwdg.reset()
        if (cause === 'power') dbgmcu.resetRegisters()
        serialPort.reset()
        for (const peripheral of [pwr, ...ports]) peripheral.resetRegisters()
      },
      deepSleepResets: () => deepSleepResets(flash, (pwr.get('CR') & PDDS) !== 0),
    }
  },
}
