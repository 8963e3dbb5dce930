// Every command once, and the shape of what --json prints.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { boardSummary, inspection } from '../../src-main/contract/api.ts'
import { provenance, provenanceDetail, runDetail, runSummary, sample } from '../../src-main/contract/run.ts'
import { Workbench } from '../emulator/toolchain.ts'
import { BOARD } from '../jobs/job.ts'
import { smallFloatGraph, smallInt8Graph, writeModel } from '../jobs/small-model.ts'
import { thimble, thimbleJson } from './command-line.ts'

let folder: string
let store: string
let int8: string
let float: string
let input: string
let inputFloat: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-cli-'))
  store = join(folder, 'store')
  int8 = writeModel(folder, 'int8.tflite', await smallInt8Graph())
  float = writeModel(folder, 'float.tflite', smallFloatGraph())
  input = join(folder, 'input.raw')
  writeFileSync(
    input,
    Int8Array.from({ length: 640 }, (_, i) => i * 7),
  )
  inputFloat = join(folder, 'input-float.raw')
  writeFileSync(inputFloat, new Uint8Array(Float32Array.from({ length: 640 }, (_, i) => -((i * 7 + 3) % 80)).buffer))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const bytesByUse = z.record(z.string(), z.number().int().nonnegative())
const inferShape = z.strictObject({
  board: z.string(),
  outputs: z.array(
    z.strictObject({
      name: z.string(),
      shape: z.array(z.number()),
      dtype: z.string(),
      scale: z.number().nullable(),
      zeroPoint: z.number().nullable(),
      data: z.array(z.number()),
    }),
  ),
  instructions: z.number().int().positive().nullable(),
  cycles: z.number().int().positive().nullable(),
  latencyUs: z.number().positive(),
  layers: z.array(
    z.strictObject({
      index: z.number(),
      op: z.string(),
      macs: z.number(),
      instructions: z.number().nullable(),
      cycles: z.number().nullable(),
    }),
  ),
  flashBytes: bytesByUse.nullable(),
  ramBytes: bytesByUse.nullable(),
  provenance,
  timing: provenance,
  provenanceDetail,
})

describe('a model file', () => {
  it('boards', async () => {
    const { boards } = z.strictObject({ boards: z.array(boardSummary) }).parse(await thimbleJson(['boards'], store))
    expect(boards[0]).toMatchObject({ id: BOARD, kind: 'virtual', provenance: 'emulated', state: 'ready' })
    const timing = (id: string) => boards.find((board) => board.id === id)!.timing
    expect(['stm32f407', 'stm32f746', 'stm32h743'].map((id) => timing(`virtual:${id}`))).toEqual([
      ...['emulated', 'estimated', 'estimated'],
    ])
    const { stdout } = await thimble(['boards'], store)
    expect(stdout).toContain('STM32F407G-DISC1')
    expect(stdout).toContain('Emulated, latency Estimated')
  })

  it('inspect', async () => {
    const value = z.strictObject(inspection.shape).parse(await thimbleJson(['inspect', int8], store))
    expect(value).toMatchObject({ format: 'tflite', ops: { FULLY_CONNECTED: 6 } })
    expect(value.inputs[0]).toMatchObject({ shape: [1, 640], dtype: 'int8' })
    expect(value.macs).toBe(2 * 640 * 8 + 2 * 8 * 8 + 2 * 8 * 4)
  })

  it('infer: the board gives the bytes that the host gives', async () => {
    const run = async (board: string) =>
      inferShape.parse(await thimbleJson(['infer', int8, '--board', board, '--input', input], store))
    const [board, host] = [await run(BOARD), await run('host')]
    expect(board.outputs).toEqual(host.outputs)
    const plain = inferShape.parse(
      await thimbleJson(['infer', int8, '--board', BOARD, '--input', input, '--plain'], store),
    )
    expect(plain.outputs).toEqual(host.outputs)
    expect(plain.flashBytes!['code']).toBe(0)
    expect(board.instructions!).toBeLessThan(plain.instructions!)
    expect(board.outputs[0]!.data).toHaveLength(640)
    expect(board.provenance).toBe('emulated')
    expect(host).toMatchObject({ provenance: 'host', instructions: null, cycles: null, flashBytes: null })
    expect(board.layers.reduce((sum, layer) => sum + layer.instructions!, 0)).toBe(board.instructions)
    expect(board.latencyUs).toBeCloseTo(board.cycles! / 168, 6)
    const { total, ...parts } = board.flashBytes!
    expect(Object.values(parts).reduce((sum, size) => sum + size, 0)).toBe(total)
  })

  it('infer: float values are quantized, and a float model runs on the host', async () => {
    const flags = ['--board', 'host', '--input', inputFloat, '--input-float']
    const quantized = inferShape.parse(await thimbleJson(['infer', int8, ...flags], store))
    const exact = inferShape.parse(await thimbleJson(['infer', float, ...flags], store))
    const { scale, zeroPoint, data } = quantized.outputs[0]!
    const error = Math.max(...data.map((q, i) => Math.abs(scale! * (q - zeroPoint!) - exact.outputs[0]!.data[i]!)))
    const range = Math.max(...exact.outputs[0]!.data) - Math.min(...exact.outputs[0]!.data)
    expect(range).toBeGreaterThan(1)
    expect(error / range).toBeLessThan(0.1)
    expect(exact.outputs[0]).toMatchObject({ dtype: 'float32', scale: null })
  })

  it('plan', async () => {
    const fit = z.object({ needed: z.number(), budget: z.number(), over: z.literal(0), largest: z.array(z.unknown()) })
    const value = z
      .strictObject({
        board: z.string(),
        fits: z.literal(true),
        rewrites: z.array(z.unknown()).length(0),
        flash: fit.extend({
          weights: z.number(),
          biases: z.number(),
          quantization: z.number(),
          code: z.number(),
          total: z.number(),
        }),
        ram: fit.extend({ lowerBound: z.number() }),
        stack: z.strictObject({
          needed: z.number(),
          available: z.number(),
          over: z.literal(0),
          deepestOp: z.number(),
        }),
        arena: z.array(
          z.strictObject({
            name: z.string(),
            offset: z.number(),
            bytes: z.number(),
            firstOp: z.number(),
            lastOp: z.number(),
          }),
        ),
        kernels: z.array(
          z.strictObject({
            index: z.number(),
            op: z.string(),
            source: z.enum(['generated', 'plain']),
            reason: z.string(),
            family: z.string().nullable(),
            weights: z.string().nullable(),
            codeBytes: z.number(),
            constantBytes: z.number(),
            scratchBytes: z.number(),
            stackBytes: z.number(),
          }),
        ),
        latency: z.object({ provenance: z.literal('estimated'), latencyUs: z.number(), cycles: z.number() }),
      })
      .parse(await thimbleJson(['plan', int8, '--board', BOARD], store))
    expect(value.ram.needed).toBeGreaterThanOrEqual(value.ram.lowerBound)
    expect(value.arena.length).toBe(7)
    expect(value.kernels.map(({ family }) => family)).toEqual(new Array(6).fill('fully-connected'))
  })

  it('plan with its listing, which is one field more', async () => {
    const args = ['plan', int8, '--board', BOARD, '--listing']
    const { listing, kernels } = z
      .object({ listing: z.string(), kernels: z.array(z.unknown()) })
      .parse(await thimbleJson(args, store))
    expect(listing.match(/^layer_\d+:$/gm)).toHaveLength(kernels.length)
    expect((await thimble(args, store)).stdout.trim()).toBe(listing.trim())
  })

  it('verify: the float form is shown, the board is exact', async () => {
    const errors = z.object({ maxAbs: z.number(), mismatches: z.number(), sqnrDb: z.number().nullable() })
    const value = z
      .object({
        stages: z.array(
          z.object({
            candidate: z.string(),
            gate: z.object({ kind: z.string() }),
            layers: z.array(z.object({ op: z.string(), own: errors, accumulated: errors, passed: z.boolean() })),
            passed: z.boolean(),
          }),
        ),
        passed: z.literal(true),
      })
      .parse(await thimbleJson(['verify', int8, '--against', float, '--samples', '2'], store))
    expect(value.stages.map((stage) => [stage.gate.kind, stage.layers.length])).toEqual([
      ['report', 6],
      ['exact', 6],
    ])
    expect(value.stages[0]!.layers.some((layer) => layer.accumulated.mismatches > 0)).toBe(true)
    expect(value.stages[1]!.layers.every((layer) => layer.accumulated.mismatches === 0)).toBe(true)
    expect((await thimble(['verify', int8, '--samples', '1'], store)).stdout).toContain('passed')
  })

  it('flash: written, verified and reset, each by itself', async () => {
    const value = z
      .object({
        write: z.array(z.object({ region: z.string(), writtenBytes: z.number(), erasedSectors: z.array(z.number()) })),
        verify: z.array(z.object({ region: z.string(), verifiedBytes: z.number() })),
        reset: z.object({ clockHz: z.literal(168e6), clockSource: z.string(), modelOpened: z.literal(true) }),
        flashBytes: bytesByUse,
      })
      .parse(await thimbleJson(['flash', int8, '--board', BOARD], store))
    expect(value.write.map((row) => row.region)).toEqual(['firmware', 'model'])
    expect(value.verify[1]!.verifiedBytes).toBe(value.flashBytes['total'])
  })

  it('bench', async () => {
    const value = z
      .object({
        provenance,
        timing: z.literal('emulated'),
        clockHz: z.literal(168e6),
        inferences: z.literal(20),
        latencyUs: z.object({ p50: z.number().positive(), p95: z.number(), p99: z.number() }),
        aucBoard: z.null(),
        opsEqualToInterpreter: z.literal(6),
      })
      .parse(await thimbleJson(['bench', int8, '--board', BOARD, '--quick'], store))
    expect(value.latencyUs.p50).toBeLessThanOrEqual(value.latencyUs.p99)
  })

  it('emulate', async () => {
    const bench = await Workbench.open()
    try {
      const { path } = await bench.build('counted', ['counted.s'], { library: false })
      const shape = z.strictObject({
        stdout: z.string(),
        exitCode: z.number(),
        instructions: z.number().min(1000),
        cycles: z.number(),
      })
      shape.parse(await thimbleJson(['emulate', path, '--board', BOARD], store))
    } finally {
      await bench.close()
    }
  })
})

describe('training', () => {
  it('train, compress and bench go on from one another', async () => {
    const [baseline, small] = [join(folder, 'baseline.tflite'), join(folder, 'small.tflite')]
    const model = z.object({ file: z.string(), bytes: z.number() })
    const auc = z.number().min(0).max(1)
    const trained = z
      .object({ task: z.literal('ad'), provenance: z.literal('host'), model, aucFloat: auc, aucEnergy: auc })
      .parse(await thimbleJson(['train', '--task', 'ad', '--quick', '--out', baseline], store))
    expect(readFileSync(baseline).length).toBe(trained.model.bytes)
    expect(trained.aucFloat).toBeGreaterThan(trained.aucEnergy + 0.1)

    const argv = ['compress', baseline, '--recipe', 'ptq', '--task', 'ad', '--quick', '--board', BOARD, '--out', small]
    const compressed = z
      .object({ recipe: z.literal('ptq'), before: model, model, aucFloat: auc, aucInt8: auc, plan: z.object({}) })
      .parse(await thimbleJson(argv, store))
    expect(compressed.aucFloat).toBe(trained.aucFloat)
    expect(Math.abs(compressed.aucInt8 - compressed.aucFloat)).toBeLessThan(0.01)
    expect(compressed.model.bytes).toBeLessThan(compressed.before.bytes / 3)
    expect(await thimbleJson(['inspect', small], store)).toMatchObject({ inputs: [{ dtype: 'int8' }] })
  }, 180_000)
})

describe('runs', () => {
  it('run, then list, show, compare, export and delete', async () => {
    const report = z.object({
      runId: z.number(),
      task: z.null(),
      board: z.literal(BOARD),
      provenance: z.literal('emulated'),
      provenanceDetail,
      model: z.object({ name: z.literal('int8.tflite'), file: z.literal(int8) }),
      aucBoard: z.null(),
      latencyUs: z.object({ p50: z.number(), p95: z.number(), p99: z.number() }),
      stages: z.array(z.object({ name: z.string(), ms: z.number() })).length(5),
    })
    const first = report.parse(await thimbleJson(['run', int8, '--quick'], store))
    const second = report.parse(await thimbleJson(['run', int8, '--quick', '--seed', '2'], store))

    const list = z.strictObject({ total: z.literal(2), runs: z.array(runSummary) })
    const { runs } = list.parse(await thimbleJson(['runs', 'list'], store))
    expect(runs.map((run) => run.id)).toEqual([second.runId, first.runId])
    expect((await thimble(['runs', 'list'], store)).stdout).toContain('Emulated')

    const shown = runDetail.parse(await thimbleJson(['runs', 'show', `${first.runId}`], store))
    expect(shown.latency_p50_us).toBe(first.latencyUs.p50)

    const both = [`${first.runId}`, `${second.runId}`]
    const compared = z
      .object({
        metrics: z.array(z.object({ name: z.string(), values: z.array(z.number()), differences: z.array(z.number()) })),
      })
      .parse(await thimbleJson(['runs', 'compare', ...both], store))
    const flash = compared.metrics.find((metric) => metric.name === 'flash_bytes')!
    expect(flash).toMatchObject({ differences: [0, 0] })

    const out = join(folder, 'exported')
    expect(await thimbleJson(['runs', 'export', both[0]!, '--out', out], store)).toMatchObject({ folder: out })
    const document = runDetail
      .extend({ samples: z.array(sample) })
      .parse(JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')))
    expect(document.samples).toHaveLength(20)
    expect(readFileSync(join(out, 'model.blob')).length).toBe(document.flash_bytes)

    expect(await thimbleJson(['runs', 'delete', both[0]!], store)).toEqual({ deleted: [first.runId], kept: [] })
    expect(await thimbleJson(['runs', 'list'], store)).toMatchObject({ total: 1 })
  }, 60_000)
})

describe('help', () => {
  it('lists every command, and what one takes', async () => {
    const { stdout, code } = await thimble(['--help'], store)
    expect(code).toBe(0)
    for (const name of ['boards', 'infer', 'run', 'emulate']) expect(stdout).toContain(name)
    expect((await thimble(['infer', '--help'], store)).stdout).toContain('--input-float')
  })
})
