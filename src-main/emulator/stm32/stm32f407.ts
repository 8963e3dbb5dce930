// What sits where on an STM32F405/407. Sources: RM0090 section 2.3 (memory map), 38.6.1 (DBGMCU), 39 (unique id).

import type { MemoryBlock } from '../memory.ts'
import type { BoardData } from '../../device/board-data.ts'
import type { Bus } from '../bus.ts'
import type { Rcc } from './rcc.ts'
import type { FlashController } from './flash.ts'
import type { Usart } from './usart.ts'
import { FixedWords } from './fixed-words.ts'
import { Gpio } from './gpio.ts'
import { Pwr } from './pwr.ts'
import { KB } from '../../base/units.ts'

export const INTERRUPTS = 82
export const PRIORITY_BITS = 4
export const USART2_INTERRUPT = 38

const ADDRESS = {
  USART2: 0x40004400,
  PWR: 0x40007000,
  GPIOA: 0x40020000,
  RCC: 0x40023800,
  FLASH: 0x40023c00,
  DBGMCU: 0xe0042000,
  SYSTEM_MEMORY: 0x1fff7800,
} as const
const BLOCK = 1 * KB
const PORTS = 'ABCDEFGHI'

/** Buses whose other peripherals are not modelled: they read as zero and ignore writes. */
const SILENT: readonly (readonly [number, number])[] = [
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

/** Flash appears at 0 as well (BOOT0 low); CCM can't be executed from. */
export function memoryBlocks(data: BoardData): MemoryBlock[] {
  return [
    { name: 'flash', start: data.flash.start, size: data.flash.size, alias: 0, writable: false, executable: true },
    ...data.ram.map((region) => ({
      name: region.name,
      start: region.start,
      size: region.size,
      writable: true,
      executable: region.name !== 'CCM',
    })),
  ]
}

export interface ChipParts {
  rcc: Rcc
  flash: FlashController
  usart2: Usart
  resettable: { resetRegisters(): void }[]
}

export function attachChip(bus: Bus, data: BoardData, parts: ChipParts): void {
  const silent = new FixedWords({})
  for (const [start, size] of SILENT) bus.attach(start, size, silent)
  bus.attach(ADDRESS.RCC, BLOCK, parts.rcc)
  bus.attach(ADDRESS.FLASH, BLOCK, parts.flash)
  bus.attach(ADDRESS.USART2, BLOCK, parts.usart2)
  const pwr = new Pwr()
  bus.attach(ADDRESS.PWR, BLOCK, pwr)
  parts.resettable.push(pwr)
  ;[...PORTS].forEach((port, index) => {
    const gpio = new Gpio(port)
    bus.attach(ADDRESS.GPIOA + index * BLOCK, BLOCK, gpio)
    parts.resettable.push(gpio)
  })
  bus.attach(ADDRESS.DBGMCU, BLOCK, new FixedWords({ 0: (REVISION << 16) | DEV_ID_RESERVED | data.idCode }))
  // Unique id (three words: x/y, wafer, lot "THIMBLE") and, in the upper half of its word, the flash size in KB.
  bus.attach(
    ADDRESS.SYSTEM_MEMORY,
    BLOCK,
    new FixedWords({ 0x210: 0x00370028, 0x214: 0x48540a01, 0x218: 0x4c424d49, 0x220: (data.flash.size / KB) << 16 }),
  )
}
