// Board facts as data. Sources: ST RM0090 (F405/407), DS8626; RM0385 (F746); RM0433 (H743).

import { KB, MB, addr, bytes, hz, type Addr, type Bytes, type Hz } from '../base/units.ts'

export interface MemoryRegion {
  name: string
  start: Addr
  size: Bytes
}

export interface FlashSector {
  index: number
  start: Addr
  size: Bytes
}

export type FlashKind = 'f4' | 'f7' | 'h7'

/** What the board feeds the chip's high-speed oscillator with; a crystal does not start while the chip bypasses it. */
export interface HighSpeedClock {
  kind: 'crystal' | 'external' | 'none'
  hz: Hz
}

export interface BoardData {
  /** what a virtual board of this kind is called after `virtual:` */
  id: string
  board: string
  core: 'cortex-m4f' | 'cortex-m7'
  clock: Hz
  highSpeedClock: HighSpeedClock
  /** what cycles and latencies of the virtual board are (docs/timing.md); everything else that it gives is emulated */
  timing: 'emulated' | 'estimated'
  /** DBGMCU_IDCODE, bits 11:0 */
  idCode: number
  idCodeAddress: Addr
  /** 96 bits that no other chip has (RM0090 39.1, RM0385 41.1, RM0433 61.1) */
  uniqueIdAddress: Addr
  /** `driver` names the kind of flash controller */
  flash: { driver: FlashKind; start: Addr; size: Bytes; sectors: readonly FlashSector[] }
  /** lines of 16 bytes that the flash accelerator keeps, when its waits are modelled */
  accelerator?: { instructionLines: number; dataLines: number }
  /** what of flash stays at hand as data: the accelerator's data lines (RM0090, 3.5.2), the M7's data cache */
  dataCache: Bytes
  /** the largest first: it holds the arena */
  ram: readonly MemoryRegion[]
  /** where the firmware image and the model blob live: each owns whole sectors */
  firmwareRegion: MemoryRegion
  modelRegion: MemoryRegion
  /** budgets the plan is held against, unless the user gives others */
  budget: { flashWeights: Bytes; ramActivations: Bytes }
}

function sectors(start: number, sizesKb: readonly number[]): FlashSector[] {
  let at = start
  return sizesKb.map((kb, index) => {
    const sector = { index, start: addr(at), size: bytes(kb * KB) }
    at += kb * KB
    return sector
  })
}

/** Half of flash for weights, two thirds of the largest RAM for activations. */
const defaultBudget = (flash: number, ram: number) => ({
  flashWeights: bytes(flash / 2),
  ramActivations: bytes(Math.floor((ram * 2) / 3)),
})

/** of every STM32 here */
const FLASH = 0x08000000

export const BOARDS: readonly BoardData[] = [
  {
    id: 'stm32f407',
    board: 'STM32F407G-DISC1',
    core: 'cortex-m4f',
    clock: hz(168_000_000),
    highSpeedClock: { kind: 'crystal', hz: hz(8_000_000) }, // UM1472
    timing: 'emulated',
    idCode: 0x413,
    idCodeAddress: addr(0xe0042000),
    uniqueIdAddress: addr(0x1fff7a10),
    flash: {
      driver: 'f4',
      start: addr(FLASH),
      size: bytes(1 * MB),
      sectors: sectors(FLASH, [16, 16, 16, 16, 64, 128, 128, 128, 128, 128, 128, 128]),
    },
    accelerator: { instructionLines: 64, dataLines: 8 }, // RM0090, 3.5.2
    dataCache: bytes(128),
    ram: [
      { name: 'SRAM', start: addr(0x20000000), size: bytes(128 * KB) },
      { name: 'CCM', start: addr(0x10000000), size: bytes(64 * KB) },
    ],
    firmwareRegion: { name: 'firmware', start: addr(FLASH), size: bytes(128 * KB) }, // sectors 0 to 4
    modelRegion: { name: 'model', start: addr(FLASH + 128 * KB), size: bytes(896 * KB) }, // sectors 5 to 11
    budget: { flashWeights: bytes(512 * KB), ramActivations: bytes(128 * KB) },
  },
  {
    id: 'stm32f746',
    board: 'NUCLEO-F746ZG',
    core: 'cortex-m7',
    clock: hz(216_000_000),
    highSpeedClock: { kind: 'external', hz: hz(8_000_000) }, // from the ST-Link, UM1974
    timing: 'estimated',
    idCode: 0x449,
    idCodeAddress: addr(0xe0042000),
    uniqueIdAddress: addr(0x1ff0f420),
    flash: {
      driver: 'f7',
      start: addr(FLASH),
      size: bytes(1 * MB),
      sectors: sectors(FLASH, [32, 32, 32, 32, 128, 256, 256, 256]),
    },
    dataCache: bytes(4 * KB),
    ram: [
      { name: 'SRAM', start: addr(0x20000000), size: bytes(320 * KB) }, // 64 KB of DTCM, then SRAM1 and SRAM2
      { name: 'ITCM', start: addr(0x00000000), size: bytes(16 * KB) },
    ],
    firmwareRegion: { name: 'firmware', start: addr(FLASH), size: bytes(128 * KB) }, // sectors 0 to 3
    modelRegion: { name: 'model', start: addr(FLASH + 128 * KB), size: bytes(896 * KB) }, // sectors 4 to 7
    budget: defaultBudget(1 * MB, 320 * KB),
  },
  {
    id: 'stm32h743',
    board: 'NUCLEO-H743ZI2',
    core: 'cortex-m7',
    clock: hz(480_000_000),
    highSpeedClock: { kind: 'external', hz: hz(8_000_000) }, // from the ST-Link, UM2407
    timing: 'estimated',
    idCode: 0x450,
    idCodeAddress: addr(0x5c001000),
    uniqueIdAddress: addr(0x1ff1e800),
    flash: {
      driver: 'h7',
      start: addr(FLASH),
      size: bytes(2 * MB),
      sectors: sectors(FLASH, Array<number>(16).fill(128)), // two banks of eight
    },
    dataCache: bytes(16 * KB),
    ram: [
      { name: 'AXI', start: addr(0x24000000), size: bytes(512 * KB) },
      { name: 'DTCM', start: addr(0x20000000), size: bytes(128 * KB) },
      { name: 'ITCM', start: addr(0x00000000), size: bytes(64 * KB) },
      { name: 'SRAM1', start: addr(0x30000000), size: bytes(128 * KB) },
      { name: 'SRAM2', start: addr(0x30020000), size: bytes(128 * KB) },
      { name: 'SRAM3', start: addr(0x30040000), size: bytes(32 * KB) },
      { name: 'SRAM4', start: addr(0x38000000), size: bytes(64 * KB) },
    ],
    firmwareRegion: { name: 'firmware', start: addr(FLASH), size: bytes(128 * KB) }, // sector 0
    modelRegion: { name: 'model', start: addr(FLASH + 128 * KB), size: bytes(1920 * KB) }, // sectors 1 to 15
    budget: defaultBudget(2 * MB, 512 * KB),
  },
]

export const findBoardData = (id: string): BoardData | undefined => BOARDS.find((board) => board.id === id)
