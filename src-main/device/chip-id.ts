// Which chip it is: DBGMCU_IDCODE, with the erratum of the STM32F407's revision A. That one says 0x411, which is the
// STM32F2's id; the core tells them apart (STM32F40x errata sheet ES0182, "MCU device ID is incorrect").

import { AppError } from '../base/errors.ts'
import { addr } from '../base/units.ts'
import type { BoardData } from './board-data.ts'
import type { Probe } from './probe.ts'

const CPUID = addr(0xe000ed00)
/** CPUID bits 15:4 */
const CORTEX_M4 = 0xc24

const ALIASES: readonly { says: number; core: number; is: number }[] = [{ says: 0x411, core: CORTEX_M4, is: 0x413 }]

/** The id code that the chip should have. Throws BOARD_FAULT where it has no such register, BOARD_GONE. */
export async function readChipId(probe: Probe, { idCodeAddress }: BoardData): Promise<number> {
  const found = (await probe.readWord(idCodeAddress)) & 0xfff
  const aliases = ALIASES.filter(({ says }) => says === found)
  if (aliases.length === 0) return found
  const core = ((await probe.readWord(CPUID)) >>> 4) & 0xfff
  return aliases.find((alias) => alias.core === core)?.is ?? found
}

/** Throws BOARD_WRONG_CHIP when another chip answers than the board should have. */
export async function checkChip(probe: Probe, data: BoardData): Promise<void> {
  const found = await readChipId(probe, data)
  if (found === data.idCode) return
  const chip = (id: number) => `0x${id.toString(16)}`
  throw new AppError(
    'BOARD_WRONG_CHIP',
    `${data.board} has a chip with id ${chip(data.idCode)}; the one that answers says ${chip(found)}.`,
    { context: { expected: data.idCode, found } },
  )
}
