import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toAppError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { Progress } from '../base/progress.ts'
import type { BoardData } from '../device/board-data.ts'
import { readFlash, readUniqueId } from '../device/foreign-flash.ts'
import type { Probe } from '../device/probe.ts'
import { recordFile, type BackupRecord } from './backup-record.ts'
import { THIMBLE_VERSION } from './version.ts'

/** `stlink-066F…_20036…_2026-11-24T10-30-00.bin`: what it came from, which chip, when. */
const backupName = (boardId: string, uniqueId: string, date: Date) =>
  `${boardId.replaceAll(/[^\w-]/g, '-')}_${uniqueId}_${date.toISOString().slice(0, 19).replaceAll(':', '-')}.bin`

export interface FlashBackup {
  file: string
  bytes: number
  sha256: string
  /** the file beside it that says what it came from */
  record: string
}

/** The file appears only when it is whole. */
function writeWhole(file: string, content: Uint8Array | string): void {
  writeFileSync(`${file}.part`, content)
  renameSync(`${file}.part`, file)
}

/**
 * Reads all of flash, from its start, into a file that appears only when it is whole, and what it came from into a
 * record beside it; into a folder it gets a name of its own. Throws DISK_FULL, FILE_UNREADABLE, and what the probe throws.
 */
export async function backupFlash(
  { id, data, probe }: { id: string; data: BoardData; probe: Probe },
  place: { folder: string } | { file: string },
  progress: Progress,
): Promise<FlashBackup> {
  let done = 0
  const bytes = await readFlash(probe, data, (count) => progress((done += count), data.flash.size, 'backup flash'))
  const uniqueId = await readUniqueId(probe, data.uniqueIdAddress)
  const date = new Date()
  const file = 'file' in place ? place.file : join(place.folder, backupName(id, uniqueId, date))
  const record: BackupRecord = {
    format: 1,
    board: id,
    board_name: data.board,
    chip_id: data.idCode,
    unique_id: uniqueId,
    read_at: date.toISOString(),
    bytes: bytes.length,
    sha256: sha256(bytes),
    thimble_version: THIMBLE_VERSION,
  }
  try {
    mkdirSync(dirname(file), { recursive: true })
    // never an older backup's record beside this one
    rmSync(recordFile(file), { force: true })
    writeWhole(file, bytes)
    writeWhole(recordFile(file), `${JSON.stringify(record, null, 2)}\n`)
  } catch (thrown) {
    throw toAppError(thrown)
  }
  return { file, bytes: bytes.length, sha256: record.sha256, record: recordFile(file) }
}
