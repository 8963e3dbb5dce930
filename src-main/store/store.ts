// Everything that is kept: one SQLite database and a folder of artifacts. Several processes may have a store open;
// only one of them may be a window.
//
//     <store>/thimble.db  artifacts/ab/cdef…  sessions/<id>.lock  window.lock  opening.lock

import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { systemClock, type Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { createArtifacts, type Artifacts } from './artifacts.ts'
import { openDatabase } from './database.ts'
import { lockFile, type FileLock } from './file-lock.ts'
import { createModels, type Models } from './models.ts'
import { createRuns, type Runs } from './runs.ts'
import { createSamples, type Samples } from './samples.ts'
import { beginSession, hasLiveSession, reapDeadSessions, windowPid, type SessionKind } from './sessions.ts'
import { createSettings, type SettingsTable } from './settings.ts'
import type { Database } from './sqlite-binding.ts'
import { toStoreError, withStoreErrors } from './store-errors.ts'

export interface Store {
  /** the folder */
  readonly path: string
  readonly runs: Runs
  readonly samples: Samples
  readonly artifacts: Artifacts
  readonly models: Models
  readonly settings: SettingsTable
  /** Marks the runs of processes that are gone as interrupted; returns their ids. Happens at every opening too. */
  markInterruptedRuns(): number[]
  /** of all that it keeps: the database, what its log still holds, and the artifacts */
  bytes(): number
  close(): void
}

const OPENING_WAIT_MS = 30_000

/** Throws STORE_IN_USE (a second window), STORE_NEWER, STORE_CORRUPT, STORE_RUNTIME, DISK_FULL, FILE_UNREADABLE. */
export function openStore(options: { path: string; kind: SessionKind; clock?: Clock }): Store {
  try {
    return open(options.path, options.kind, options.clock ?? systemClock)
  } catch (thrown) {
    throw toStoreError(thrown)
  }
}

function open(path: string, kind: SessionKind, clock: Clock): Store {
  mkdirSync(join(path, 'sessions'), { recursive: true })
  const file = join(path, 'thimble.db')
  const opening = lockFile(join(path, 'opening.lock'), OPENING_WAIT_MS)
  if (opening === null)
    throw new AppError('STORE_IN_USE', 'Another process has been opening this database for too long.')
  let window: FileLock | null = null
  let database: Database | undefined
  try {
    window = kind === 'window' ? lockFile(join(path, 'window.lock')) : null
    database = openDatabase(file, !hasLiveSession(path))
    if (kind === 'window' && window === null) {
      const pid = windowPid(database)
      const message = `Another Thimble window${pid === undefined ? '' : ` (process ${pid})`} works with ${path}.`
      throw new AppError('STORE_IN_USE', message, { context: { pid, path } })
    }
    reapDeadSessions(database, path, clock)
    return storeOf(database, path, kind, clock, window)
  } catch (thrown) {
    database?.close()
    window?.release()
    throw thrown
  } finally {
    opening.release()
  }
}

function storeOf(database: Database, path: string, kind: SessionKind, clock: Clock, window: FileLock | null): Store {
  const session = beginSession(database, path, kind, clock)
  const artifacts = createArtifacts(database, path)
  const whole = {
    markInterruptedRuns: () => reapDeadSessions(database, path, clock),
    bytes: () =>
      ['thimble.db', 'thimble.db-wal']
        .map((name) => statSync(join(path, name), { throwIfNoEntry: false })?.size ?? 0)
        .reduce((sum, size) => sum + size, artifacts.bytes()),
    close() {
      session.end()
      window?.release()
      database.close()
    },
  }
  return {
    ...withStoreErrors(whole),
    path,
    runs: withStoreErrors(createRuns(database, session.id, artifacts, clock)),
    samples: withStoreErrors(createSamples(database)),
    artifacts: withStoreErrors(artifacts),
    models: withStoreErrors(createModels(database, clock)),
    settings: withStoreErrors(createSettings(database)),
  }
}
