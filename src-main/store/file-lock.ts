// Who is alive is told by a lock, not by a process number: the system drops the lock of a process that died, however it
// died, on every platform, and numbers are given out again. SQLite's own file locking is the portable lock at hand.

import { loadSqlite } from './sqlite-binding.ts'
import { nativeCode } from './store-errors.ts'

export interface FileLock {
  release(): void
}

/** Waits up to `waitMs` for the lock; null when another process, or another holder in this one, keeps it. */
export function lockFile(path: string, waitMs = 0): FileLock | null {
  const database = new (loadSqlite())(path, { timeout: waitMs })
  try {
    database.pragma('journal_mode = MEMORY') // nothing is ever written: no journal file beside the lock
    database.exec('BEGIN EXCLUSIVE')
    return { release: () => database.close() }
  } catch (thrown) {
    database.close()
    if (nativeCode(thrown) === 'SQLITE_BUSY') return null
    throw thrown
  }
}
