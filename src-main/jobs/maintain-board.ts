// What is done to a board besides running models on it: reading its flash back, taking off its protection.

import { systemClock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import type { Progress } from '../base/progress.ts'
import { connectBoard } from '../device/session.ts'
import { unprotect } from '../device/unprotect.ts'
import { backupFlash } from './backup-flash.ts'
import { openBoard, type ConnectWish } from './boards.ts'
import type { WorkerFiles } from './job-messages.ts'

interface Maintenance extends ConnectWish {
  boardId: string
  workers: WorkerFiles
  progress: Progress
}

export interface BackupReport {
  board: string
  file: string
  bytes: number
}

export interface UnprotectReport {
  board: string
  /** false: the chip was not protected, and nothing was done */
  erased: boolean
}

/** Reads all of a board's flash into a file. Throws BOARD_PROTECTED, DISK_FULL, FILE_UNREADABLE, BOARD_GONE. */
export async function backupBoard(file: string, { boardId, workers, progress, ...wish }: Maintenance) {
  const board = await openBoard(boardId, workers, wish)
  try {
    await connectBoard(board)
    return { board: boardId, ...(await backupFlash(board, { file }, progress)) } satisfies BackupReport
  } finally {
    await board.close()
  }
}

/** Takes off read-out protection, which erases all of flash. Throws UNPROTECT_UNCONFIRMED, and what `unprotect` throws. */
export async function unprotectBoard(confirmed: boolean, { boardId, workers, progress, ...wish }: Maintenance) {
  if (!confirmed) {
    throw new AppError('UNPROTECT_UNCONFIRMED', `Unprotecting ${boardId} erases all of its flash. Nothing was done.`)
  }
  const board = await openBoard(boardId, workers, wish)
  try {
    const erased = await unprotect(board, { clock: systemClock, progress })
    return { board: boardId, erased } satisfies UnprotectReport
  } finally {
    await board.close()
  }
}
