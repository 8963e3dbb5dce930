// What a run made, each file kept once by the hash of what is in it: artifacts/ab/cdef…
// Writing and clearing up both hold the database's write lock, so that neither sees the other half done.

import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { AppError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import type { Database } from './sqlite-binding.ts'

export interface ArtifactRef {
  name: string
  sha256: string
  bytes: number
}

export type Artifacts = ReturnType<typeof createArtifacts>

export function createArtifacts(database: Database, folder: string) {
  const pathOf = (hash: string) => join(folder, 'artifacts', hash.slice(0, 2), hash.slice(2))

  return {
    pathOf,

    /** Keeps `data` under `name` for a run; the same bytes are stored once. */
    put(runId: number, name: string, data: Uint8Array): ArtifactRef {
      const hash = sha256(data)
      database
        .transaction(() => {
          if (!existsSync(pathOf(hash))) writeDurably(pathOf(hash), data)
          database.prepare('INSERT OR IGNORE INTO artifacts (sha256, bytes) VALUES (?, ?)').run(hash, data.length)
          database
            .prepare('INSERT OR REPLACE INTO run_artifacts (run_id, name, sha256) VALUES (?, ?, ?)')
            .run(runId, name, hash)
        })
        .immediate()
      return { name, sha256: hash, bytes: data.length }
    },

    ofRun(runId: number): ArtifactRef[] {
      return database
        .prepare<[number], ArtifactRef>(
          `SELECT name, sha256, bytes FROM run_artifacts JOIN artifacts USING (sha256) WHERE run_id = ? ORDER BY name`,
        )
        .all(runId)
    },

    /** Throws STORE_CORRUPT when the file is not what its hash says. */
    read(hash: string): Uint8Array {
      const data = readFileSync(pathOf(hash))
      if (sha256(data) === hash) return data
      throw new AppError('STORE_CORRUPT', `The stored file ${pathOf(hash)} is not what was written there.`)
    },

    /** of all of them together */
    bytes(): number {
      return database.prepare<[], { sum: number }>('SELECT coalesce(sum(bytes), 0) AS sum FROM artifacts').get()!.sum
    },

    /** Deletes the files that no run refers to any more. */
    removeUnused(): void {
      database
        .transaction(() => {
          const unused = database
            .prepare<[], { sha256: string }>(
              `DELETE FROM artifacts WHERE sha256 NOT IN (SELECT sha256 FROM run_artifacts) RETURNING sha256`,
            )
            .all()
          for (const row of unused) rmSync(pathOf(row.sha256), { force: true })
        })
        .immediate()
    },
  }
}

/** The file appears whole or not at all, also when the power goes. */
function writeDurably(path: string, data: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true })
  const temporary = `${path}.${process.pid}.tmp`
  try {
    const file = openSync(temporary, 'w')
    try {
      for (let at = 0; at < data.length;) at += writeSync(file, data, at)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(temporary, path)
  } catch (thrown) {
    rmSync(temporary, { force: true })
    throw thrown
  }
}
