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

export interface BoardData {
  /** what a virtual board of this kind is called after `virtual:` */
  id: string
  board: string
  core: 'cortex-m4f' | 'cortex-m7'
  clock: Hz
  /** DBGMCU_IDCODE, bits 11:0 */
  idCode: number
  idCodeAddress: Addr
  flash: { start: Addr; size: Bytes; sectors: readonly FlashSector[] }
  /** lines of 16 bytes that the flash accelerator keeps, when its waits are modelled */
  accelerator?: { instructionLines: number; dataLines: number }
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

const F4_FLASH = 0x08000000

export const BOARDS: readonly BoardData[] = [
  {
    id: 'stm32f407',
    board: 'STM32F407G-DISC1',
    core: 'cortex-m4f',
    clock: hz(168_000_000),
    idCode: 0x413,
    idCodeAddress: addr(0xe0042000),
    flash: {
      start: addr(F4_FLASH),
      size: bytes(1 * MB),
      sectors: sectors(F4_FLASH, [16, 16, 16, 16, 64, 128, 128, 128, 128, 128, 128, 128]),
    },
    accelerator: { instructionLines: 64, dataLines: 8 }, // RM0090, 3.5.2
    ram: [
      { name: 'SRAM', start: addr(0x20000000), size: bytes(128 * KB) },
      { name: 'CCM', start: addr(0x10000000), size: bytes(64 * KB) },
    ],
    firmwareRegion: { name: 'firmware', start: addr(F4_FLASH), size: bytes(128 * KB) }, // sectors 0 to 4
    modelRegion: { name: 'model', start: addr(F4_FLASH + 128 * KB), size: bytes(896 * KB) }, // sectors 5 to 11
    budget: { flashWeights: bytes(512 * KB), ramActivations: bytes(128 * KB) },
  },
]

export const findBoardData = (id: string): BoardData | undefined => BOARDS.find((board) => board.id === id)
