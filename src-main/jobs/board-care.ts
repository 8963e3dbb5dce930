// What can be done to a board's flash as a whole: read-out protection taken off, everything read to a file and back.

import { readFileSync } from 'node:fs'
import { throwIfCancelled, toAppError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { Provenance } from '../base/provenance.ts'
import type { BoardData } from '../device/board-data.ts'
import type { Board } from '../device/board.ts'
import type { RegionReport } from '../device/flash-region.ts'
import { readUniqueId } from '../device/foreign-flash.ts'
import { refuseOtherBackup, restoreFlash } from '../device/restore-flash.ts'
import { connectBoard } from '../device/session.ts'
import { unprotect, type UnprotectReport } from '../device/unprotect.ts'
import { MAGIC } from '../pack/layout.ts'
import { backupFlash, type FlashBackup } from './backup-flash.ts'
import { readRecord, recordFile, refuseOtherChip, type BackupRecord } from './backup-record.ts'
import { openBoard, type ConnectWish } from './boards.ts'
import type { WorkerFiles } from './job-messages.ts'
import { requireKnownSigner } from './signing-keys.ts'
import type { Standalone } from './standalone.ts'

export interface CarePlace extends ConnectWish {
  boardId: string
  workers: WorkerFiles
}

type Care = Pick<Standalone, 'signal' | 'progress' | 'log'>
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

/** Who may have packed the model that a backup holds. */
export interface RestoreTrust {
  keyFolder: string
  /** the user's word: whoever it was */
  anyone: boolean
}

/**
 * A backup without a record beside it is told from another chip's by its size and header alone, and says so. Throws
 * FILE_NOT_FOUND, FILE_UNREADABLE, BACKUP_WRONG, BLOB_UNTRUSTED, and what restoreFlash, connectBoard and openBoard throw.
 */
export async function restoreBoard(
  place: CarePlace,
  file: string,
  trust: RestoreTrust,
  care: Care,
): Promise<RegionReport & OfBoard & { file: string; sha256: string; record: BackupRecord | null }> {
  const backup = readBackup(file)
  const record = readRecord(file, backup)
  return withBoard(place, care, async (board) => {
    if (record !== null) refuseOtherChip(record, board.data)
    refuseOtherBackup(backup, board.data)
    const model = modelIn(backup, board.data)
    if (model !== null && !trust.anyone) requireKnownSigner(trust.keyFolder, model)
    const session = await connectBoard(board)
    const doubt = await doubtAbout(record, file, board)
    if (doubt !== null) care.log('warn', doubt)
    const progress = care.progress('restore')
    const report = await restoreFlash(session, backup, {
      signal: care.signal,
      onProgress: ({ step, done, total }) => progress(done, total, step),
    })
    return { file, sha256: sha256(backup), record, ...report }
  })
}

/** The packed model that the firmware would run, from its first byte on; null where there is none. */
function modelIn(backup: Uint8Array, { flash, modelRegion }: BoardData): Uint8Array | null {
  const at = modelRegion.start - flash.start
  const model = backup.subarray(at, at + modelRegion.size)
  const magic = new DataView(model.buffer, model.byteOffset, model.byteLength).getUint32(0, true)
  return magic === MAGIC ? model : null
}

/** What to know before a backup is written; null when it was read from this very chip. */
async function doubtAbout(record: BackupRecord | null, file: string, { probe, data }: Board): Promise<string | null> {
  if (record === null) return `There is no ${recordFile(file)}: nothing says which board the backup was read from.`
  if (record.unique_id === (await readUniqueId(probe, data.uniqueIdAddress))) return null
  return `The backup was read from another chip of the same kind, on ${record.board_name} (${record.board}).`
}

function readBackup(file: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(file))
  } catch (thrown) {
    throw toAppError(thrown)
  }
}
