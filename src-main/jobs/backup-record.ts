// What a backup of flash came from, kept beside it: the file itself holds the bytes of flash and nothing else, so that
// other tools can use it.

import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { AppError, toAppError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { BoardData } from '../device/board-data.ts'

const backupRecord = z.object({
  format: z.literal(1),
  /** `stlink:<serial>` or `virtual:<board>` */
  board: z.string(),
  board_name: z.string(),
  /** DBGMCU's device id */
  chip_id: z.number().int(),
  /** the chip's 96 bits, in hexadecimal */
  unique_id: z.string(),
  /** ISO 8601 */
  read_at: z.string(),
  bytes: z.number().int(),
  sha256: z.string(),
  thimble_version: z.string(),
})
export type BackupRecord = z.infer<typeof backupRecord>

export const recordFile = (backup: string): string => `${backup}.json`

const hex = (chipId: number) => `0x${chipId.toString(16)}`

const wrong = (message: string, context: Record<string, unknown> = {}, hint?: string) =>
  new AppError('BACKUP_WRONG', message, { context, ...(hint !== undefined && { hint }) })

/** Null where nothing is kept beside the backup. Throws BACKUP_WRONG when that is no record, or of other bytes. */
export function readRecord(file: string, backup: Uint8Array): BackupRecord | null {
  let text
  try {
    text = readFileSync(recordFile(file), 'utf8')
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code === 'FILE_NOT_FOUND') return null
    throw error
  }
  const remove = `If you trust the backup, remove ${recordFile(file)}: then only its size and its header are looked at.`
  const record = parseRecord(text)
  if (record === undefined) throw wrong(`${recordFile(file)} is no record of a backup.`, {}, remove)
  const found = sha256(backup)
  if (record.sha256 !== found) {
    const message = `${file} is not what was read from ${record.board_name} (${record.board}) on ${record.read_at}: it was changed or damaged since.`
    throw wrong(message, { expected: record.sha256, found }, remove)
  }
  return record
}

function parseRecord(text: string): BackupRecord | undefined {
  try {
    return backupRecord.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

/** Throws BACKUP_WRONG when the backup was read from another kind of chip. */
export function refuseOtherChip(record: BackupRecord, data: BoardData): void {
  if (record.chip_id === data.idCode) return
  throw wrong(
    `The backup was read from ${record.board_name} (${record.board}) with chip ${hex(record.chip_id)}; ` +
      `${data.board} has ${hex(data.idCode)}.`,
    { expected: data.idCode, found: record.chip_id },
  )
}
