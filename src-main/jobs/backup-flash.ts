import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { toAppError } from '../base/errors.ts'
import type { Progress } from '../base/progress.ts'
import type { BoardData } from '../device/board-data.ts'
import { readFlash, readUniqueId } from '../device/foreign-flash.ts'
import type { Probe } from '../device/probe.ts'

/** `stlink-066F…_20036…_2026-11-24T10-30-00.bin`: what it came from, which chip, when. */
const backupName = (boardId: string, uniqueId: string, date: Date) =>
  `${boardId.replaceAll(/[^\w-]/g, '-')}_${uniqueId}_${date.toISOString().slice(0, 19).replaceAll(':', '-')}.bin`

export interface FlashBackup {
  file: string
  bytes: number
}

/**
 * Reads all of flash, from its start, into a file that appears only when it is whole; into a folder it gets a name of
 * its own. Throws DISK_FULL, FILE_UNREADABLE, and what the probe throws.
 */
export async function backupFlash(
  { id, data, probe }: { id: string; data: BoardData; probe: Probe },
  place: { folder: string } | { file: string },
  progress: Progress,
): Promise<FlashBackup> {
  let done = 0
  const bytes = await readFlash(probe, data, (count) => progress((done += count), data.flash.size, 'backup flash'))
  const file =
    'file' in place
      ? place.file
      : join(place.folder, backupName(id, await readUniqueId(probe, data.uniqueIdAddress), new Date()))
  try {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(`${file}.part`, bytes)
    renameSync(`${file}.part`, file)
  } catch (thrown) {
    throw toAppError(thrown)
  }
  return { file, bytes: bytes.length }
}
