// What sits where on an STM32F745/746. Sources: RM0385 section 2.2 (memory map), 2.4 (boot), 40.6.1 (DBGMCU), 41 (unique
// id and flash size).

import { KB } from '../../base/units.ts'
import { CORTEX_M7_SINGLE } from '../core/processors.ts'
import { deepSleepResets, type Chip, type SilentRange } from './chip.ts'
import { gatedBlocks, type ClockGate } from './clock-gate.ts'
import { dbgmcuF4 } from './dbgmcu.ts'
import { FixedWords } from './fixed-words.ts'
import { FLASH_F7, FlashController } from './flash.ts'
import { Gpio, GPIO_RESET } from './gpio.ts'
import { PwrF7 } from './pwr.ts'
import { Rcc, type EnableRegister } from './rcc.ts'
import { USART_F7, Usart } from './usart.ts'
import { IndependentWatchdog, WindowWatchdog } from './watchdogs.ts'

const USART3_INTERRUPT = 39
const WWDG_INTERRUPT = 0

const ADDRESS = {
  WWDG: 0x40002c00,
  IWDG: 0x40003000,
  USART3: 0x40004800,
  PWR: 0x40007000,
  GPIOA: 0x40020000,
  RCC: 0x40023800,
  FLASH: 0x40023c00,
  DBGMCU: 0xe0042000,
  UNIQUE_ID: 0x1ff0f400,
} as const
const BLOCK = 1 * KB
/** FLASH_OPTCR: cleared, the independent watchdog starts by itself */
const IWDG_SW = 1 << 5
/** PWR_CR1: standby, not stop */
const PDDS = 1 << 1
const PORTS = 'ABCDEFGHIJK'

/** RM0385, 5.3.10 and 5.3.13; the same in ST's stm32f746xx.h. */
const CLOCK = { WWDG: ['APB1ENR', 11], USART3: ['APB1ENR', 18], PWR: ['APB1ENR', 28] } as const satisfies Record<
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

/** silicon revision Z */
const REVISION = 0x1001
/** flash on the instruction TCM's interface: the factory's boot address (BOOT_ADD0 = 0x0080) */
const ITCM_FLASH = 0x00200000

export const STM32F746: Chip = {
  processor: CORTEX_M7_SINGLE,
  interrupts: 98,
  priorityBits: 4,
  vectorTable: ITCM_FLASH,

  memoryBlocks: (data) => [
    {
      ...{ name: 'flash', start: data.flash.start, size: data.flash.size },
      ...{ alias: ITCM_FLASH, writable: false, executable: true },
    },
    ...data.ram.map((region) => ({ ...region, writable: true, executable: true })),
  ],

  attach(site) {
    const { bus, data, scheduler } = site
    const dbgmcu = dbgmcuF4((REVISION << 16) | data.idCode)
    const silent = new FixedWords({})
    for (const [start, size] of SILENT) bus.attach(start, size, silent)
    const rcc = new Rcc(
      () => {
        iwdg.clockChanged()
        wwdg.clockChanged()
        site.clockChanged()
      },
      data.highSpeedClock,
      { hasSaiPll: true },
    )
    bus.attach(ADDRESS.RCC, BLOCK, rcc)
    const attachGated = gatedBlocks<EnableRegister>(bus, BLOCK, rcc)
    const watchdogSite = { scheduler, requestReset: site.requestReset }
    const iwdg = new IndependentWatchdog(
      { ...watchdogSite, coreHz: () => rcc.coreHz, stopsWithCore: () => dbgmcu.stops('iwdg') },
      true,
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
    const flash = new FlashController(FLASH_F7, { ...site, coreHz: () => rcc.coreHz })
    bus.attach(ADDRESS.FLASH, BLOCK, flash)
    const serialPort = new Usart(USART_F7, {
      scheduler,
      clockDivider: () => rcc.apb1Divider,
      interrupt: () => site.interrupt(USART3_INTERRUPT),
    })
    attachGated(ADDRESS.USART3, CLOCK.USART3, serialPort)
    const pwr = new PwrF7()
    attachGated(ADDRESS.PWR, CLOCK.PWR, pwr)
    const ports = [...PORTS].map((port, index) => {
      const gpio = new Gpio(GPIO_RESET[port])
      attachGated(ADDRESS.GPIOA + index * BLOCK, portClock(index), gpio)
      return gpio
    })
    bus.attach(ADDRESS.DBGMCU, BLOCK, dbgmcu)
    // Unique id (three words: x/y, wafer, lot "THIMBLE") and, in the upper half of its word, the flash size in KB.
    bus.attach(
      ADDRESS.UNIQUE_ID,
      BLOCK,
      new FixedWords({ 0x20: 0x00370028, 0x24: 0x48540a01, 0x28: 0x4c424d49, 0x40: (data.flash.size / KB) << 16 }),
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
      deepSleepResets: () => deepSleepResets(flash, (pwr.get('CR1') & PDDS) !== 0),
    }
  },
}
