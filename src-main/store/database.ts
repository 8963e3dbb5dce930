// Opening the database file: nothing is changed in one that is damaged or newer than this program.

import { existsSync } from 'node:fs'
import { AppError } from '../base/errors.ts'
import { sql as runs } from './migrations/001-runs.ts'
import { sql as estimatedTiming } from './migrations/002-estimated-timing.ts'
import { loadSqlite, type Database } from './sqlite-binding.ts'

/** In order; the database's `user_version` is how many of them it has had. Rows are only ever added. */
const MIGRATIONS: readonly string[] = [runs, estimatedTiming]

const BUSY_TIMEOUT_MS = 10_000

/**
 * Opens, checks and brings up to date. `check` reads the whole file: ask for it when nobody else has it open.
 * Throws STORE_NEWER, STORE_CORRUPT. The caller makes sure that only one process at a time is in here.
 */
export function openDatabase(file: string, check: boolean): Database {
  const isNew = !existsSync(file)
  const database = new (loadSqlite())(file, { timeout: BUSY_TIMEOUT_MS })
  try {
    const version = database.pragma('user_version', { simple: true }) as number
    if (version > MIGRATIONS.length) {
      const message = `The database has format ${version}; this version of Thimble knows up to ${MIGRATIONS.length}.`
      throw new AppError('STORE_NEWER', message, { context: { file } })
    }
    if (check && !isNew) quickCheck(database, file)
    database.pragma('journal_mode = WAL')
    database.pragma('synchronous = NORMAL')
    database.pragma('foreign_keys = ON')
    migrate(database, version)
    return database
  } catch (thrown) {
    database.close()
    throw thrown
  }
}

function quickCheck(database: Database, file: string): void {
  const rows = database.pragma('quick_check(5)') as { quick_check: string }[]
  const problems = rows.map((row) => row.quick_check).filter((text) => text !== 'ok')
  if (problems.length === 0) return
  throw new AppError('STORE_CORRUPT', `The database is damaged: ${problems.join('; ')}.`, { context: { file } })
}

function migrate(database: Database, from: number): void {
  if (from === MIGRATIONS.length) return
  database.transaction(() => {
    for (const sql of MIGRATIONS.slice(from)) database.exec(sql)
    database.pragma(`user_version = ${MIGRATIONS.length}`)
  })()
}
