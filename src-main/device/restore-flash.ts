// Brings all of flash back to what a backup holds, whoever wrote it: only sectors that differ are written, each is read back.

import { systemClock, type Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { IMAGE_HEADER_BYTES, IMAGE_HEADER_OFFSET, parseImageHeader } from './image-header.ts'
import type { BoardData } from './board-data.ts'
import { createFlashDriver } from './flash-drivers.ts'
import { writeRegion, type RegionReport } from './flash-region.ts'
import { createStepTimes } from './flash-steps.ts'
import type { FlashOptions, BoardSession } from './session.ts'

/** Without its vectors a program does not start: they come last. */
const HEAD_BYTES = 1024

/** Throws BACKUP_WRONG when the bytes are not all of this chip's flash, or hold Thimble's firmware for another chip. */
export function refuseOtherBackup(backup: Uint8Array, data: BoardData): void {
  if (backup.length !== data.flash.size) {
    throw new AppError(
      'BACKUP_WRONG',
      `The backup holds ${backup.length} bytes; the flash of ${data.board} holds ${data.flash.size}.`,
      { context: { expected_bytes: data.flash.size, given_bytes: backup.length } },
    )
  }
  const header = parseImageHeader(backup.subarray(IMAGE_HEADER_OFFSET, IMAGE_HEADER_OFFSET + IMAGE_HEADER_BYTES))
  if (header === null || header.chip_id === data.idCode) return
  throw new AppError(
    'BACKUP_WRONG',
    `The backup holds firmware for chip 0x${header.chip_id.toString(16)}; ${data.board} has 0x${data.idCode.toString(16)}.`,
    { context: { expected: data.idCode, found: header.chip_id } },
  )
}

/**
 * Writes and verifies a backup of all of flash, then resets the board, which runs what it holds. Throws BACKUP_WRONG
 * before anything is erased, BOARD_PROTECTED, FLASH_FAILED, FLASH_VERIFY_FAILED, BOARD_GONE, CANCELLED.
 */
export async function restoreFlash(
  { core, board: { probe, data } }: BoardSession,
  backup: Uint8Array,
  { onProgress = () => undefined, signal }: Pick<FlashOptions, 'onProgress' | 'signal'> = {},
  clock: Clock = systemClock,
): Promise<RegionReport> {
  refuseOtherBackup(backup, data)
  await core.resetAndHalt()
  try {
    const { start, size, sectors, driver } = data.flash
    const report = await writeRegion(
      { region: { name: 'flash', start, size }, bytes: backup, headBytes: HEAD_BYTES },
      {
        ...{ probe, sectors, signal, onProgress },
        flash: createFlashDriver(driver, probe, clock),
        steps: createStepTimes(clock),
      },
    )
    await core.resetAndHalt()
    return report
  } finally {
    // What went wrong is about more than a core left halted.
    await core.resume().catch(() => undefined)
  }
}
