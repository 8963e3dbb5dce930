// A model that rewrites make smaller, through the commands: what was saved is said, what is gone is named, outputs are those of
// the file as it is.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { createRng } from '../../src-main/base/rng.ts'
import { rewriteGraph } from '../../src-main/plan/rewrites/rewrite-graph.ts'
import { BOARD } from '../jobs/job.ts'
import { writeModel } from '../jobs/small-model.ts'
import { rewritableNetwork } from '../plan/rewritable-networks.ts'
import { thimble, thimbleJson } from './command-line.ts'

const folder = mkdtempSync(join(tmpdir(), 'thimble-rewritten-'))
const store = join(folder, 'store')
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** The first network that loses layers and channels. */
function found() {
  for (let seed = 0; ; seed++) {
    const network = rewritableNetwork(createRng(seed).fork('rewritable'))
    const { graph, keptChannels } = rewriteGraph(network.graph)
    if (keptChannels.size > 0 && graph.ops.length < network.graph.ops.length) return { ...network, rewritten: graph }
  }
}
const { graph, inputs, rewritten } = found()
const file = writeModel(folder, 'net.tflite', graph)
const input = join(folder, 'input.raw')
writeFileSync(input, inputs()[0] as Int8Array)

const saved = z.strictObject({
  ops: z.number(),
  macs: z.number(),
  constantBytes: z.number(),
  activationBytes: z.number(),
})
const rewrites = z.array(z.strictObject({ rewrite: z.string(), layers: z.array(z.string()).min(1), saved }))

test('plan says what was rewritten, and what that saves', async () => {
  const report = z
    .object({ rewrites, kernels: z.array(z.unknown()) })
    .parse(await thimbleJson(['plan', file, '--board', BOARD], store))
  expect(report.kernels).toHaveLength(rewritten.ops.length)
  expect(report.rewrites.reduce((sum, { saved }) => sum + saved.ops, 0)).toBe(graph.ops.length - rewritten.ops.length)
  expect(report.rewrites.at(-1)!.rewrite).toBe('channels removed')
  const { stdout } = await thimble(['plan', file, '--board', BOARD], store)
  expect(stdout).toMatch(/^channels removed, saves .* MACs, .*\n {2}.* of \d+ channels$/m)
})

test('verify compares the layers that are left, and names the others', async () => {
  const layer = z.object({ index: z.number(), op: z.string(), output: z.string() })
  const stage = z.object({ layers: z.array(layer), removed: z.array(layer), passed: z.literal(true) })
  const { stages } = z
    .object({ stages: z.array(stage).length(1) })
    .parse(await thimbleJson(['verify', file, '--samples', '2', '--board', BOARD], store))
  expect(stages[0]!.layers).toHaveLength(rewritten.ops.length)
  expect(stages[0]!.layers.length + stages[0]!.removed.length).toBe(graph.ops.length)
  const { stdout } = await thimble(['verify', file, '--samples', '1', '--board', BOARD], store)
  expect(stdout).toContain('removed by exact rewrites, not compared: ')
})

test('infer gives what the file gives on the host', async () => {
  const outputs = z.object({ outputs: z.array(z.object({ data: z.array(z.number()) })), layers: z.array(z.unknown()) })
  const run = async (board: string) =>
    outputs.parse(await thimbleJson(['infer', file, '--board', board, '--input', input], store))
  const [host, board] = [await run('host'), await run(BOARD)]
  expect(board.outputs).toEqual(host.outputs)
  expect([host.layers.length, board.layers.length]).toEqual([graph.ops.length, rewritten.ops.length])
})
