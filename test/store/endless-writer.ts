// A process that goes on writing to a store until it is killed: `node endless-writer.mjs STORE KIND`.

import type { SessionKind } from '../../src-main/store/sessions.ts'
import { openStore } from '../../src-main/store/store.ts'
import { newRun } from './run-rows.ts'

const store = openStore({ path: process.argv[2]!, kind: process.argv[3] as SessionKind })
const run = store.runs.create(newRun())
store.runs.setStage(run, 0, { name: 'data', status: 'running', ms: null, facts: [] })
process.stdout.write(`${run}\n`)
for (let i = 0; ; i++) {
  store.runs.addMetrics(run, [
    { name: 'train_loss', unit: '', step: i, elapsedMs: i, value: 1 / (i + 1), provenance: 'host' },
    { name: 'validation_loss', unit: '', step: i, elapsedMs: i, value: 2 / (i + 1), provenance: 'host' },
  ])
  store.samples.add(run, [{ index: i, latency_us: 10, cycles: i, score: i / 3, label: 1 }])
  store.artifacts.put(run, 'noise.bin', new Uint8Array(4096).fill(i))
}
