import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { toAppError } from '../base/errors.ts'
import type { MetricName } from '../contract/metrics.ts'
import type { Store } from '../store/store.ts'

export interface ExportedRun {
  folder: string
  files: string[]
}

/**
 * Writes a run to a folder: run.json holds all that is known of it, every metric over time and every inference; beside
 * it lie the artifacts under their names. Throws RUN_UNKNOWN, DISK_FULL, FILE_UNREADABLE.
 */
export function exportRun(store: Store, id: number, folder: string): ExportedRun {
  const run = store.runs.show(id)
  const series = Object.fromEntries(
    run.metrics.map(({ name }) => [name, store.runs.series(id, name as MetricName)] as const),
  )
  const document = { ...run, series, samples: store.samples.ofRun(id) }
  const files = new Map<string, Uint8Array | string>([['run.json', `${JSON.stringify(document, null, 2)}\n`]])
  for (const artifact of run.artifacts) files.set(artifact.name, store.artifacts.read(artifact.sha256))
  try {
    mkdirSync(folder, { recursive: true })
    for (const [name, data] of files) writeFileSync(join(folder, name), data)
  } catch (thrown) {
    throw toAppError(thrown)
  }
  return { folder, files: [...files.keys()] }
}
