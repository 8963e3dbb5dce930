// What sits where on an STM32H743. Sources: RM0433 section 2.3 (memory map), 2.6 (boot), 60.5.8 (DBGMCU), 61 (unique id
// and flash size).

import { KB } from '../../base/units.ts'
import { CORTEX_M7_DOUBLE } from '../core/processors.ts'
import { deepSleepResets, type Chip, type SilentRange } from './chip.ts'
import { gatedBlocks, hasClock, type ClockGate } from './clock-gate.ts'
import { dbgmcuH7 } from './dbgmcu.ts'
import { FixedWords } from './fixed-words.ts'
import { FlashControllerH7 } from './flash-h7.ts'
import { Gpio, type GpioReset } from './gpio.ts'
import { PwrH7 } from './pwr.ts'
import { RccH7, type EnableRegister } from './rcc-h7.ts'
import { RegisterFile } from './register-file.ts'
import { USART_F7, Usart } from './usart.ts'
import { IndependentWatchdog, WindowWatchdog } from './watchdogs.ts'

const USART3_INTERRUPT = 39
const WWDG1_INTERRUPT = 0

const ADDRESS = {
  USART3: 0x40004800,
  WWDG1: 0x50003000,
  IWDG1: 0x58004800,
  FLASH: 0x52002000,
  SYSCFG: 0x58000400,
  GPIOA: 0x58020000,
  RCC: 0x58024400,
  PWR: 0x58024800,
  DBGMCU: 0x5c001000,
  UNIQUE_ID: 0x1ff1e800,
} as const
const BLOCK = 1 * KB
/** FLASH_OPTSR: cleared, the independent watchdog starts by itself */
const IWDG1_SW = 1 << 4
/** PWR_CPUCR: standby, not stop */
const PDDS_D1 = 1 << 0
const PORTS = 'ABCDEFGHIJK'

/** RM0433, 8.7; the same in ST's stm32h743xx.h. PWR needs none. */
const CLOCK = {
  WWDG1: ['APB3ENR', 6],
  USART3: ['APB1LENR', 18],
  SYSCFG: ['APB4ENR', 1],
} as const satisfies Record<string, ClockGate<EnableRegister>>
const portClock = (index: number): ClockGate<EnableRegister> => ['AHB4ENR', index]

/**
 * Memories of the D2 domain by their name in BoardData. An access without the clock ends in a bus fault, as one does on
 * an STM32H7B0 (CFSR 0x8600 in sylverb/game-and-watch-retro-go-sd, pull request 111) whose memories are clocked alike.
 */
const MEMORY_CLOCK: Readonly<Record<string, ClockGate<EnableRegister>>> = {
  SRAM1: ['AHB2ENR', 29],
  SRAM2: ['AHB2ENR', 30],
  SRAM3: ['AHB2ENR', 31],
}

const SILENT: readonly SilentRange[] = [
  [0x40000000, 0x20000],
  [0x40020000, 0x60000],
  [0x48020000, 0x3000],
  [0x50000000, 0x4000],
  [0x51000000, 0x9000],
  [0x52000000, 0xb000],
  [0x58000000, 0x8000],
  [0x58020000, 0x7000],
  [0x5c000000, 0x20000],
  [0xe00e0000, 0x20000],
]

/** silicon revision V, whose core reaches 480 MHz; Y is 0x1003 and reaches 400 */
export const REVISION_V = 0x2003

/** Ports come up analog, but for the debug pins of A and B. */
const GPIO_ANALOG: GpioReset = { moder: -1, ospeedr: 0, pupdr: 0 }
const GPIO_RESET_H7: Readonly<Record<string, GpioReset>> = {
  A: { moder: 0xabffffff | 0, ospeedr: 0x0c000000, pupdr: 0x64000000 },
  B: { moder: 0xfffffebf | 0, ospeedr: 0x000000c0, pupdr: 0x00000100 },
}

export const STM32H743: Chip = {
  processor: CORTEX_M7_DOUBLE,
  interrupts: 150,
  priorityBits: 4,
  // BOOT_CM7_ADD0 as it leaves the factory
  vectorTable: 0x08000000,

  memoryBlocks: (data) => [
    { name: 'flash', start: data.flash.start, size: data.flash.size, writable: false, executable: true },
    ...data.ram.map((region) => ({ ...region, writable: true, executable: true })),
  ],

  attach(site) {
    const { bus, data, scheduler } = site
    const dbgmcu = dbgmcuH7((REVISION_V << 16) | data.idCode)
    const silent = new FixedWords({})
    for (const [start, size] of SILENT) bus.attach(start, size, silent)
    const rcc = new RccH7(() => {
      connectMemories()
      iwdg.clockChanged()
      wwdg.clockChanged()
      site.clockChanged()
    }, data.highSpeedClock)
    bus.attach(ADDRESS.RCC, BLOCK, rcc)
    const attachGated = gatedBlocks<EnableRegister>(bus, BLOCK, rcc)
    const gatedMemories = data.ram.flatMap(({ name, start, size }) => {
      const gate = MEMORY_CLOCK[name]
      return gate === undefined ? [] : [{ start, size, gate, connected: true }]
    })
    function connectMemories(): void {
      for (const gated of gatedMemories) {
        const connected = hasClock(rcc, gated.gate)
        if (connected !== gated.connected) site.memory.connect(gated.start, gated.size, connected)
        gated.connected = connected
      }
    }
    const iwdg = new IndependentWatchdog(
      {
        scheduler,
        coreHz: () => rcc.coreHz,
        requestReset: site.requestReset,
        stopsWithCore: () => dbgmcu.stops('iwdg'),
      },
      true,
    )
    bus.attach(ADDRESS.IWDG1, BLOCK, iwdg)
    const wwdg = new WindowWatchdog({
      scheduler,
      requestReset: (cause) => {
        if (rcc.windowWatchdogResets) site.requestReset(cause)
      },
      stopsWithCore: () => dbgmcu.stops('wwdg'),
      clockDivider: () => rcc.apb3Divider,
      interrupt: () => site.interrupt(WWDG1_INTERRUPT),
      timebase: { shift: 11, mask: 7 },
    })
    attachGated(ADDRESS.WWDG1, CLOCK.WWDG1, wwdg)
    const flash = new FlashControllerH7({ ...site, coreHz: () => rcc.coreHz })
    bus.attach(ADDRESS.FLASH, BLOCK, flash)
    const serialPort = new Usart(USART_F7, {
      scheduler,
      clockDivider: () => rcc.apb1Divider,
      interrupt: () => site.interrupt(USART3_INTERRUPT),
    })
    attachGated(ADDRESS.USART3, CLOCK.USART3, serialPort)
    const pwr = new PwrH7()
    bus.attach(ADDRESS.PWR, BLOCK, pwr)
    // PWRCR.ODEN takes the voltage from scale 1 to scale 0.
    const syscfg = new RegisterFile({ PWRCR: { offset: 0x2c, writable: 1 } })
    attachGated(ADDRESS.SYSCFG, CLOCK.SYSCFG, syscfg)
    const ports = [...PORTS].map((port, index) => {
      const gpio = new Gpio(GPIO_RESET_H7[port] ?? GPIO_ANALOG)
      attachGated(ADDRESS.GPIOA + index * BLOCK, portClock(index), gpio)
      return gpio
    })
    bus.attach(ADDRESS.DBGMCU, BLOCK, dbgmcu)
    // Unique id (three words: x/y, wafer, lot "THIMBLE") and the flash size in KB.
    bus.attach(
      ADDRESS.UNIQUE_ID,
      BLOCK,
      new FixedWords({ 0: 0x00370028, 4: 0x48540a01, 8: 0x4c424d49, 0x80: data.flash.size / KB }),
    )
    return {
      rcc,
      flash,
      serialPort,
      reset(cause) {
        flash.reset()
        iwdg.reset((flash.userOptions & IWDG1_SW) === 0)
        wwdg.reset()
        if (cause === 'power') dbgmcu.resetRegisters()
        serialPort.reset()
        for (const peripheral of [pwr, syscfg, ...ports]) peripheral.resetRegisters()
      },
      deepSleepResets: () => deepSleepResets(flash, (pwr.get('CPUCR') & PDDS_D1) !== 0),
    }
  },
}
