// The main job, whole and for real: everything below is asserted of one quick run on the virtual board.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runDetail, STAGES, type JobEvent } from '../../src-main/contract/run.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { runReport } from '../../src-main/jobs/run-report.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'
import { rocAuc } from '../../src-main/verify/metrics.ts'
import type { VerifyReport } from '../../src-main/verify/verify-stages.ts'
import { BOARD, runJob, type JobOutcome } from './job.ts'
import { smallInt8Graph, writeModel } from './small-model.ts'

let folder: string
let store: Store

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-jobs-'))
  store = openStore({ path: join(folder, 'store'), kind: 'cli' })
})
afterAll(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('the anomaly task on the virtual board', () => {
  let outcome: JobOutcome
  const run = () => outcome.run!
  const ofType = <T extends JobEvent['type']>(type: T) =>
    outcome.events.filter((event): event is Extract<JobEvent, { type: T }> => event.type === type)
  const figure = (name: string) => run().metrics.find((metric) => metric.name === name)!.value
  const artifact = (name: string) =>
    store.artifacts.read(run().artifacts.find((candidate) => candidate.name === name)!.sha256)

  beforeAll(async () => {
    outcome = await runJob(store, { task: 'ad', quick: true })
    if (outcome.error) throw outcome.error
  }, 180_000)

  it('goes through every stage and is stored as it was told', () => {
    expect(run().status).toBe('done')
    expect(run().stages.map((stage) => [stage.name, stage.status])).toEqual(STAGES.map((name) => [name, 'done']))
    expect(run().stages.every((stage) => stage.ms !== null && stage.ms >= 0)).toBe(true)
    expect(store.runs.show(run().id)).toEqual(run())
    expect(runDetail.parse(run())).toEqual(run())
    expect(ofType('finished')[0]!.run).toEqual(run())
    expect(outcome.events[0]!.type).toBe('started')
    expect(outcome.boardsLeftOpen).toBe(0)
  })

  it('separates anomalies on the board as well as the float model does', () => {
    expect(run().auc_board).toBeGreaterThan(0.85)
    expect(run().auc_board).toBeLessThan(0.97)
    expect(Math.abs(run().auc_board! - run().auc_float!)).toBeLessThan(0.01)
    expect(run().auc_board! - figure('auc_energy')).toBeGreaterThan(0.1)
    expect(run().auc_board! - figure('auc_untrained')).toBeGreaterThan(0.1)
    expect(run().auc_board).toBe(run().auc_int8) // the same bytes, so the same scores
  })

  it('keeps every inference, and its scores give the AUC', () => {
    const samples = store.samples.ofRun(run().id)
    expect(samples.map((sample) => sample.index)).toEqual(samples.map((_, index) => index))
    expect(ofType('samples').flatMap((event) => event.samples)).toEqual(samples)
    const auc = rocAuc(
      samples.map((sample) => sample.score!),
      samples.map((sample) => sample.label!),
    )
    expect(auc).toBe(run().auc_board)
    for (const { latency_us, cycles } of samples) expect(latency_us).toBeCloseTo(cycles! / 168, 6)
    const sorted = samples.map((sample) => sample.latency_us).sort((a, b) => a - b)
    expect(run().latency_p50_us).toBe(sorted[Math.ceil(sorted.length / 2) - 1])
  })

  it('shows AUC and inferences while they come in', () => {
    expect(ofType('samples').length).toBeGreaterThan(5)
    const live = ofType('metric').filter((event) => event.name === 'auc_board')
    expect(live.length).toBeGreaterThan(5)
    expect(store.runs.series(run().id, 'auc_board').map((point) => point.value)).toEqual(live.map(({ value }) => value))
    expect(ofType('curve').filter((event) => event.series === 'validation_loss').length).toBeGreaterThan(10)
  })

  it('fits in 28 KB and says where each number comes from', () => {
    expect(run().flash_bytes).toBeLessThanOrEqual(28 * 1024)
    expect(run().provenance).toBe('emulated')
    expect(run().provenance_detail).toMatchObject({ board: BOARD, clock_hz: 168e6, seed: 1 })
    expect(run().provenance_detail.firmware_sha256).toMatch(/^[0-9a-f]{64}$/)
    const from = (name: string) => run().metrics.find((metric) => metric.name === name)!.provenance
    expect(['latency_p50_us', 'auc_board', 'cycles', 'instructions'].map(from)).toEqual(new Array(4).fill('emulated'))
    expect(['auc_float', 'auc_int8'].map(from)).toEqual(['host', 'host'])
  })

  it('keeps the model, the packed blob, the plan and the verification', () => {
    expect(readTflite(artifact('model-int8.tflite'), 'model').ops).toHaveLength(6)
    expect(artifact('model.blob').length).toBe(run().flash_bytes)
    const plan = JSON.parse(Buffer.from(artifact('plan.json')).toString()) as { ram: { needed: number } }
    expect(plan.ram.needed).toBe(run().ram_bytes)
    const report = JSON.parse(Buffer.from(artifact('verification.json')).toString()) as VerifyReport
    expect(report.stages.map((stage) => [stage.candidate, stage.gate.kind, stage.passed])).toEqual([
      ['int8 interpreter', 'report', true],
      [BOARD, 'exact', true],
    ])
    for (const layer of report.stages[1]!.layers) expect(layer.accumulated.mismatches + layer.own!.mismatches).toBe(0)
  })

  it('gives the report of the command line', () => {
    expect(runReport(run(), store)).toMatchObject({
      runId: run().id,
      task: 'ad',
      board: BOARD,
      provenance: 'emulated',
      model: { bytes: artifact('model-int8.tflite').length },
      aucBoard: run().auc_board,
      latencyUs: { p50: run().latency_p50_us, p99: run().latency_p99_us },
      stages: STAGES.map((name) => ({ name })),
    })
  })
})

describe('a model file of the user', () => {
  it('is measured on random inputs, the same ones for the same seed', async () => {
    const file = writeModel(folder, 'own.tflite', await smallInt8Graph())
    const first = await runJob(store, { file, seed: 5, quick: true })
    expect(first.error).toBeNull()
    const run = first.run!
    expect(run.stages.map((stage) => stage.name)).toEqual(['verify', 'plan', 'pack', 'flash', 'bench'])
    expect(run).toMatchObject({ status: 'done', task: null, model: 'own.tflite', auc_board: null })
    const samples = store.samples.ofRun(run.id)
    expect(samples).toHaveLength(20)
    expect(samples.every((sample) => sample.score === null && sample.cycles! > 0)).toBe(true)

    const second = await runJob(store, { file, seed: 5, quick: true })
    expect(store.samples.ofRun(second.run!.id)).toEqual(samples)
  })

  it.each(['flash', 'bench'] as const)(
    'a board pulled out in %s fails the run, and what was measured stays',
    async (stage) => {
      const file = writeModel(folder, 'own.tflite', await smallInt8Graph())
      const outcome = await runJob(store, { file }, (event, { unplug }) => {
        if (event.type === 'stage-progress' && event.stage === stage && event.done > 0) unplug()
      })
      expect(outcome.error?.code).toBe('BOARD_GONE')
      expect(outcome.events.at(-1)).toMatchObject({ type: 'failed', stage, status: 'failed' })
      const [run] = store.runs.list({ limit: 1, offset: 0 }).runs
      expect(run).toMatchObject({ status: 'failed', error: { code: 'BOARD_GONE' }, latency_p50_us: null })
      expect(store.runs.show(run!.id).stages.find((record) => record.name === stage)!.status).toBe('failed')
      expect(outcome.boardsLeftOpen).toBe(0)
    },
  )

  it.each([
    ['a board that does not exist', { boardId: 'virtual:none' }, 'BOARD_UNKNOWN'],
    ['a file that does not exist', { file: 'nowhere.tflite' }, 'FILE_NOT_FOUND'],
    ['a recipe that does not exist', { task: 'ad', recipe: 'soup' }, 'RECIPE_UNKNOWN'],
    ['neither task nor file', {}, 'USAGE'],
  ] as const)('%s is refused before there is a run', async (_, request, code) => {
    const before = store.runs.list({ limit: 1, offset: 0 }).total
    const outcome = await runJob(store, request)
    expect(outcome.error?.code).toBe(code)
    expect(outcome.events).toMatchObject([{ type: 'failed', stage: null, status: 'failed', error: { code } }])
    expect(store.runs.list({ limit: 1, offset: 0 }).total).toBe(before)
  })
})
