// The chips that the emulator knows, by DBGMCU_IDCODE bits 11:0.

import { AppError } from '../../base/errors.ts'
import type { BoardData } from '../../device/board-data.ts'
import type { Chip } from './chip.ts'
import { STM32F407 } from './stm32f407.ts'
import { STM32F746 } from './stm32f746.ts'
import { STM32H743 } from './stm32h743.ts'

const CHIPS: Readonly<Record<number, Chip>> = { 0x413: STM32F407, 0x449: STM32F746, 0x450: STM32H743 }

export function chipOf({ idCode, board }: BoardData): Chip {
  const chip = CHIPS[idCode]
  if (chip === undefined)
    throw new AppError('INTERNAL', `The chip 0x${idCode.toString(16)} of ${board} is not emulated.`)
  return chip
}
