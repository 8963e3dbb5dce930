// Jobs in real child processes: they end well, are cancelled, crash, and hang.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runRequest, type JobEvent } from '../../src-main/contract/run.ts'
import { forkChildProcess } from '../../src-main/jobs/child-process-fork.ts'
import { startJob, type Job, type JobProcess } from '../../src-main/jobs/job-client.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'
import { bundleForChild } from '../store/child-bundle.ts'
import { ASSETS, BOARD } from './job.ts'
import { smallInt8Graph, writeModel } from './small-model.ts'

let folder: string
let store: Store
let file: string
let worker: string
let emulator: string

beforeAll(async () => {
  worker = await bundleForChild('src-main/jobs/worker.ts', 'job-worker')
  emulator = await bundleForChild('src-main/emulator/worker.ts', 'emulator-worker')
  folder = mkdtempSync(join(tmpdir(), 'thimble-jobs-'))
  store = openStore({ path: join(folder, 'store'), kind: 'window' })
  file = writeModel(folder, 'own.tflite', await smallInt8Graph())
})
afterAll(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

interface Started {
  job: Job
  events: JobEvent[]
  child: JobProcess
}

/** `act` is called once, at the first event of the type. */
function start(
  when: JobEvent['type'],
  act: (started: Started) => void,
  { graceMs, virtualFlash }: { graceMs?: number; virtualFlash?: string } = {},
): Started {
  const events: JobEvent[] = []
  const child = forkChildProcess(worker)
  let acted = false
  const started: Started = {
    events,
    child,
    job: startJob(
      {
        request: runRequest.parse({ file, boardId: BOARD }),
        storePath: store.path,
        assetsDir: ASSETS,
        workers: { emulator },
        virtualFlash,
      },
      {
        fork: () => child,
        store,
        graceMs,
        onEvent(event) {
          events.push(event)
          if (event.type !== when || acted) return
          acted = true
          queueMicrotask(() => act(started))
        },
      },
    ),
  }
  return started
}

const runIdOf = (events: readonly JobEvent[]) => events.find((event) => event.type === 'started')!.runId

it('tells the parent all that happens, and ends', async () => {
  const { job, events } = start('started', () => undefined)
  const last = await job.ended
  expect(last.type).toBe('finished')
  expect(events.at(-1)).toBe(last)
  const run = store.runs.show(runIdOf(events))
  expect(run.status).toBe('done')
  expect(last).toEqual({ type: 'finished', run })
}, 60_000)

it('is cancelled when asked', async () => {
  const { job, events } = start('samples', ({ job }) => job.cancel())
  expect(await job.ended).toMatchObject({ type: 'failed', stage: 'bench', status: 'cancelled' })
  expect(store.runs.show(runIdOf(events)).status).toBe('cancelled')
}, 60_000)

it('that finds a program of somebody else on the board waits until its parent agrees', async () => {
  const virtualFlash = join(folder, 'foreign.bin')
  writeFileSync(virtualFlash, Buffer.alloc(3000, 0x5a))
  const { job, events } = start('question', ({ job }) => job.agree(), { virtualFlash })
  expect((await job.ended).type).toBe('finished')
  const { question } = events.find((event) => event.type === 'question')!
  expect(question.sectors).toEqual([{ index: 0, start: 0x08000000, bytes: 16_384 }])
  expect(readFileSync(question.backup).subarray(0, 3000)).toEqual(readFileSync(virtualFlash))
  expect(question.backup).toContain(join(store.path, 'backups'))
}, 60_000)

it('that waits for an answer is cancelled when asked', async () => {
  const virtualFlash = join(folder, 'foreign.bin')
  const { job, events } = start('question', ({ job }) => job.cancel(), { virtualFlash })
  expect(await job.ended).toMatchObject({ type: 'failed', stage: 'flash', status: 'cancelled' })
  expect(store.runs.show(runIdOf(events)).status).toBe('cancelled')
}, 60_000)

it('that crashes is told and marked, and the next one works', async () => {
  const crashed = start('samples', ({ child }) => child.kill())
  expect(await crashed.job.ended).toMatchObject({
    type: 'failed',
    stage: 'bench',
    status: 'failed',
    error: { code: 'JOB_CRASHED' },
  })
  const run = store.runs.show(runIdOf(crashed.events))
  expect(run.status).toBe('interrupted')
  expect(store.samples.ofRun(run.id).length).toBeGreaterThan(0) // what was measured is kept
  expect((await start('started', () => undefined).job.ended).type).toBe('finished')
}, 60_000)

it('that does not stop when asked is ended by force', async () => {
  const hung = start(
    'samples',
    ({ job, child }) => {
      // it no longer hears anything: as if it computed without end
      child.post = () => undefined
      job.cancel()
    },
    { graceMs: 50 },
  )
  const last = await hung.job.ended
  expect(last).toMatchObject({ type: 'failed', status: 'cancelled', error: { code: 'CANCELLED' } })
  expect(store.runs.show(runIdOf(hung.events)).status).toBe('interrupted')
}, 60_000)

it('without a store that opens says so', async () => {
  const events: JobEvent[] = []
  const job = startJob(
    {
      request: runRequest.parse({ file, boardId: BOARD }),
      storePath: '/dev/null/store',
      assetsDir: ASSETS,
      workers: {},
    },
    { fork: () => forkChildProcess(worker), store, onEvent: (event) => events.push(event) },
  )
  expect(await job.ended).toMatchObject({ type: 'failed', stage: null, status: 'failed' })
  expect(events).toHaveLength(1)
}, 60_000)

it('whose process can not be started says so', async () => {
  const job = startJob(
    { request: runRequest.parse({ file, boardId: BOARD }), storePath: store.path, assetsDir: ASSETS, workers: {} },
    { fork: () => forkChildProcess(join(folder, 'nowhere.mjs')), store, onEvent: () => undefined },
  )
  expect(await job.ended).toMatchObject({ type: 'failed', stage: null, error: { code: 'JOB_CRASHED' } })
}, 60_000)
