// Fills the disk under a store: `node disk-filler.mjs STORE` prints what became of it, as JSON.

import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { AppError } from '../../src-main/base/errors.ts'
import { loadSqlite } from '../../src-main/store/sqlite-binding.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'
import { newRun } from './run-rows.ts'

export interface FillerOutcome {
  database: { code: string; written: number; kept: number }
  artifact: { code: string; written: number; kept: number }
  /** of the run before, the one that met the full disk, and the one after there was space again */
  statuses: string[]
  integrity: unknown
  temporaryFiles: string[]
}

const folder = process.argv[2]!

/** Writes until it can't; returns how often it could and the code of the error. */
function untilFull(write: (step: number) => void): { code: string; written: number } {
  for (let step = 0; ; step++) {
    try {
      write(step)
    } catch (thrown) {
      return { code: thrown instanceof AppError ? thrown.code : String(thrown), written: step }
    }
  }
}

const addPair = (store: Store, run: number, step: number) => {
  const point = { unit: '', step, elapsedMs: step, value: step, provenance: 'host' as const }
  store.runs.addMetrics(run, [
    { ...point, name: 'train_loss' },
    { ...point, name: 'validation_loss' },
  ])
}

let store = openStore({ path: folder, kind: 'job' })
const before = store.runs.create(newRun())
store.runs.end(before, 'done', null)
const during = store.runs.create(newRun())
const artifact = untilFull((step) => store.artifacts.put(during, `${step}`, new Uint8Array(100_000).fill(step)))
rmSync(store.artifacts.pathOf(store.artifacts.ofRun(during)[0]!.sha256))
const database = untilFull((step) => addPair(store, during, step))
store.close()

for (const name of readdirSync(join(folder, 'artifacts')).slice(0, 3)) {
  rmSync(join(folder, 'artifacts', name), { recursive: true })
}
store = openStore({ path: folder, kind: 'job' })
const after = store.runs.create(newRun())
addPair(store, after, 0)
store.runs.end(after, 'done', null)

const outcome: FillerOutcome = {
  database: { ...database, kept: store.runs.series(during, 'train_loss').length },
  artifact: { ...artifact, kept: store.artifacts.ofRun(during).length },
  statuses: [before, during, after].map((id) => store.runs.show(id).status),
  integrity: undefined,
  temporaryFiles: readdirSync(join(folder, 'artifacts'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.tmp'),
  ),
}
store.close()
const file = new (loadSqlite())(join(folder, 'thimble.db'))
outcome.integrity = file.pragma('integrity_check', { simple: true })
file.close()
process.stdout.write(JSON.stringify(outcome))
