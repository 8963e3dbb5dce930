// A model of element-wise ops through the commands, to a virtual board.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { z } from 'zod'
import { quantizeGraph } from '../../src-main/compress/quantize.ts'
import { findRecipe } from '../../src-main/compress/recipe.ts'
import { BOARD } from '../jobs/job.ts'
import { writeModel } from '../jobs/small-model.ts'
import { elementwiseNetwork, elementwiseSamples } from '../support/elementwise-network.ts'
import { stageContext } from '../support/stage-context.ts'
import { thimbleJson } from './command-line.ts'

let folder: string
let store: string
let int8: string
let float: string

const OPS = {
  ...{ LEAKY_RELU: 1, HARD_SWISH: 1, LOGISTIC: 1, MUL: 1, TANH: 1 },
  ...{ SUB: 1, ABS: 1, PRELU: 1, MINIMUM: 1, MAXIMUM: 1 },
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-elementwise-'))
  store = join(folder, 'store')
  const graph = elementwiseNetwork(1)
  float = writeModel(folder, 'float.tflite', graph)
  const quantized = await quantizeGraph(graph, elementwiseSamples(2, 100), findRecipe('ptq'), stageContext())
  int8 = writeModel(folder, 'int8.tflite', quantized)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('inspect counts the ops', async () => {
  expect(await thimbleJson(['inspect', float], store)).toMatchObject({ ops: OPS })
  // MINIMUM needs one scale for all: its narrower input is brought to that of the wider one
  expect(await thimbleJson(['inspect', int8], store)).toMatchObject({ ops: { ...OPS, QUANTIZE: 1 } })
})

it('plan gives each lookup table its 256 bytes', async () => {
  const plan = z
    .object({ fits: z.literal(true), flash: z.object({ quantization: z.number() }) })
    .parse(await thimbleJson(['plan', int8, '--board', BOARD], store))
  expect(plan.flash.quantization).toBe(5 * 256)
})

it('infer: the board gives the bytes that the host gives', async () => {
  const input = join(folder, 'input.raw')
  writeFileSync(
    input,
    Int8Array.from({ length: 96 }, (_, i) => i * 11 - 128),
  )
  const run = async (board: string) =>
    z
      .object({ outputs: z.array(z.object({ data: z.array(z.number()).length(96) })) })
      .parse(await thimbleJson(['infer', int8, '--board', board, '--input', input], store)).outputs[0]!.data
  const host = await run('host')
  expect(await run(BOARD)).toEqual(host)
  expect(new Set(host).size).toBeGreaterThan(10)
})

it('flash and verify: the board is exact at every layer', async () => {
  expect(await thimbleJson(['flash', int8, '--board', BOARD], store)).toMatchObject({ reset: { modelOpened: true } })
  const layer = z.object({ op: z.string(), accumulated: z.object({ mismatches: z.number() }) })
  const { stages } = z
    .object({ passed: z.literal(true), stages: z.array(z.object({ layers: z.array(layer) })) })
    .parse(await thimbleJson(['verify', int8, '--samples', '2'], store))
  const onBoard = stages.at(-1)!.layers
  expect(onBoard.map(({ op }) => op)).toEqual(expect.arrayContaining(Object.keys(OPS)))
  expect(onBoard.every(({ accumulated }) => accumulated.mismatches === 0)).toBe(true)
})
