import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { STAGES, type RunRequest, type StageName } from '../../src-main/contract/run.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'
import { runJob } from './job.ts'
import { smallInt8Graph, writeModel } from './small-model.ts'

let folder: string
let store: Store
let file: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-jobs-'))
  store = openStore({ path: join(folder, 'store'), kind: 'cli' })
  file = writeModel(folder, 'own.tflite', await smallInt8Graph())
})
afterAll(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Cancels a stage at its start, or once it has begun to work where it says how far it is. */
async function cancelAt(stage: StageName, request: Partial<RunRequest>, when: 'start' | 'progress') {
  const outcome = await runJob(store, request, (event, { cancel }) => {
    const started = event.type === 'stage-started' && event.stage === stage
    const working = event.type === 'stage-progress' && event.stage === stage && event.done > 0
    if (when === 'start' ? started : working) cancel()
  })
  const { runId } = outcome.events.find((event) => event.type === 'started')!
  return { ...outcome, stored: store.runs.show(runId) }
}

const TRAINED: readonly StageName[] = ['data', 'train', 'compress']
/** a model of the user's own has no float form to be compared with, so `verify` is silent here too */
const SILENT: readonly StageName[] = ['verify', 'plan', 'pack']

it.each(STAGES)(
  'cancelling in %s ends the run as cancelled, and calls nothing done that is not',
  async (stage) => {
    const request = TRAINED.includes(stage) ? ({ task: 'ad', quick: true } as const) : { file }
    const outcome = await cancelAt(stage, request, SILENT.includes(stage) ? 'start' : 'progress')
    expect(outcome.error?.code).toBe('CANCELLED')
    expect(outcome.boardsLeftOpen).toBe(0)
    expect(outcome.events.at(-1)).toMatchObject({ type: 'failed', stage, status: 'cancelled' })
    expect(outcome.stored).toMatchObject({ status: 'cancelled', error: { code: 'CANCELLED' } })
    expect(outcome.stored.ended_at).not.toBeNull()

    const stages = outcome.stored.stages
    const at = stages.findIndex((record) => record.name === stage)
    const expected = stages.map((_, i) => (i < at ? 'done' : i === at ? 'cancelled' : 'pending'))
    expect(stages.map((record) => record.status)).toEqual(expected)
    expect(outcome.stored.latency_p50_us).toBeNull()
  },
  120_000,
)

it('what training had reached before it was cancelled is kept', async () => {
  const outcome = await runJob(store, { task: 'ad', quick: true }, (event, { cancel }) => {
    if (event.type === 'curve' && event.step === 2) cancel()
  })
  const { runId } = outcome.events.find((event) => event.type === 'started')!
  expect(outcome.error?.code).toBe('CANCELLED')
  expect(store.runs.show(runId).artifacts.map((artifact) => artifact.name)).toContain('checkpoint-float32.tflite')
}, 120_000)

it('after a cancel the same job can be run to its end', async () => {
  const { run } = await runJob(store, { file, quick: true })
  expect(run?.status).toBe('done')
})
