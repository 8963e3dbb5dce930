// A session is one process with the store open. Runs belong to one; the runs of a dead one are marked interrupted.

import { randomUUID } from 'node:crypto'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { lockFile } from './file-lock.ts'
import type { Database } from './sqlite-binding.ts'

export type SessionKind = 'window' | 'job' | 'cli'

export interface Session {
  id: string
  end(): void
}

const lockPath = (folder: string, id: string) => join(folder, 'sessions', `${id}.lock`)

/** The lock comes before the row, so that nobody sees a row of a live session without its lock. */
export function beginSession(database: Database, folder: string, kind: SessionKind, clock: Clock): Session {
  const id = randomUUID()
  const lock = lockFile(lockPath(folder, id))!
  const release = () => {
    lock.release()
    rmSync(lockPath(folder, id), { force: true })
  }
  try {
    database
      .prepare('INSERT INTO sessions (id, kind, pid, started_at) VALUES (?, ?, ?, ?)')
      .run(id, kind, process.pid, clock.now().toISOString())
  } catch (thrown) {
    release()
    throw thrown
  }
  return {
    id,
    end() {
      const now = clock.now().toISOString()
      try {
        database.transaction(() => {
          markInterrupted(database, id, now)
          database.prepare('UPDATE sessions SET ended_at = ? WHERE id = ?').run(now, id)
        })()
      } catch {
        // a full disk, say: without its lock the session counts as dead, and the next process that opens writes this
      } finally {
        release()
      }
    },
  }
}

/** Ends the sessions whose process is gone and returns the ids of the runs that were cut off with them. */
export function reapDeadSessions(database: Database, folder: string, clock: Clock): number[] {
  const open = database.prepare<[], { id: string }>('SELECT id FROM sessions WHERE ended_at IS NULL').all()
  const interrupted: number[] = []
  for (const { id } of open) {
    const path = lockPath(folder, id)
    // without its file nobody can hold the lock, and asking for it would create the file
    const lock = existsSync(path) ? lockFile(path) : { release: () => undefined }
    if (lock === null) continue
    const now = clock.now().toISOString()
    database.transaction(() => {
      interrupted.push(...markInterrupted(database, id, now))
      database.prepare('UPDATE sessions SET ended_at = ? WHERE id = ?').run(now, id)
    })()
    lock.release()
    rmSync(path, { force: true })
  }
  return interrupted
}

/** Whether any process has the store open, told without opening the database. */
export function hasLiveSession(folder: string): boolean {
  return readdirSync(join(folder, 'sessions')).some((name) => {
    const lock = lockFile(join(folder, 'sessions', name))
    lock?.release()
    return lock === null
  })
}

/** The process that holds the window's lock, as far as the database knows. */
export function windowPid(database: Database): number | undefined {
  return database
    .prepare<[], { pid: number }>(
      `SELECT pid FROM sessions WHERE kind = 'window' AND ended_at IS NULL ORDER BY started_at DESC`,
    )
    .get()?.pid
}

function markInterrupted(database: Database, sessionId: string, now: string): number[] {
  const ids = database
    .prepare<[string, string], { id: number }>(
      `UPDATE runs SET status = 'interrupted', ended_at = ? WHERE session_id = ? AND status = 'running' RETURNING id`,
    )
    .all(now, sessionId)
    .map((row) => row.id)
  const stages = database.prepare(`UPDATE stages SET status = 'failed' WHERE run_id = ? AND status = 'running'`)
  for (const id of ids) stages.run(id)
  return ids
}
