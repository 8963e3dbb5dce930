// What can be done to a board's flash as a whole: read-out protection taken off, everything read to a file and back.

import { readFileSync } from 'node:fs'
import { throwIfCancelled, toAppError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { Provenance } from '../base/provenance.ts'
import type { Board } from '../device/board.ts'
import type { RegionReport } from '../device/flash-region.ts'
import { refuseOtherBackup, restoreFlash } from '../device/restore-flash.ts'
import { connectBoard } from '../device/session.ts'
import { unprotect, type UnprotectReport } from '../device/unprotect.ts'
import { backupFlash, type FlashBackup } from './backup-flash.ts'
import { openBoard, type ConnectWish } from './boards.ts'
import type { WorkerFiles } from './job-messages.ts'
import type { Standalone } from './standalone.ts'

export interface CarePlace extends ConnectWish {
  boardId: string
  workers: WorkerFiles
}

type Care = Pick<Standalone, 'signal' | 'progress'>
type OfBoard = { board: string; provenance: Provenance }

/** Opens the board, hands it to `use`, and closes it however that ends. */
async function withBoard<T>(
  { boardId, workers, ...wish }: CarePlace,
  { signal }: Care,
  use: (board: Board) => Promise<T>,
): Promise<T & OfBoard> {
  throwIfCancelled(signal)
  const board = await openBoard(boardId, workers, wish)
  try {
    return { board: boardId, provenance: board.provenance, ...(await use(board)) }
  } finally {
    await board.close()
  }
}

/** Throws what `unprotect` and openBoard throw. It can't be cancelled: half erased is no state to leave a chip in. */
export const unprotectBoard = (place: CarePlace, care: Care): Promise<UnprotectReport & OfBoard> =>
  withBoard(place, care, (board) => {
    const progress = care.progress('unprotect')
    let done = 0
    return unprotect(board, {
      onBytes: (count) => progress((done += count), board.data.flash.size, 'verify flash'),
    })
  })

/** Throws what backupFlash, connectBoard and openBoard throw. */
export const backupBoard = (place: CarePlace, file: string, care: Care): Promise<FlashBackup & OfBoard> =>
  withBoard(place, care, async (board) => {
    await connectBoard(board)
    return backupFlash(board, { file }, care.progress('backup'))
  })

/** Throws FILE_NOT_FOUND, FILE_UNREADABLE, and what restoreFlash, connectBoard and openBoard throw. */
export async function restoreBoard(
  place: CarePlace,
  file: string,
  care: Care,
): Promise<RegionReport & OfBoard & { file: string; sha256: string }> {
  const backup = readBackup(file)
  return withBoard(place, care, async (board) => {
    refuseOtherBackup(backup, board.data)
    const session = await connectBoard(board)
    const progress = care.progress('restore')
    const report = await restoreFlash(session, backup, {
      signal: care.signal,
      onProgress: ({ step, done, total }) => progress(done, total, step),
    })
    return { file, sha256: sha256(backup), ...report }
  })
}

function readBackup(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file))
  } catch (thrown) {
    throw toAppError(thrown)
  }
}
