// A rewritten graph held against the one that it was made of: layers are paired by what they write, and what is gone is named.

import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import type { Graph, Tensor, TensorData } from '../../src-main/ir/graph.ts'
import { rewriteGraph } from '../../src-main/plan/rewrites/rewrite-graph.ts'
import { interpreterEvaluator, type Evaluator } from '../../src-main/verify/evaluator.ts'
import { verifyStages } from '../../src-main/verify/verify-stages.ts'
import { rewritableNetwork } from '../plan/rewritable-networks.ts'

const ctx = { signal: new AbortController().signal, progress: () => undefined }

async function compare(source: Graph, evaluator: Evaluator, inputs: () => TensorData[]) {
  const report = await verifyStages({ int8Graph: source, samples: [inputs(), inputs()], others: [evaluator] }, ctx)
  return report.stages[0]!
}

const network = (seed: number) => rewritableNetwork(createRng(seed).fork('rewritable'))

const rewrittenOf = (source: Graph) => {
  const { graph, keptChannels } = rewriteGraph(source)
  return { graph, keptChannels, evaluator: { ...interpreterEvaluator(graph, 'rewritten'), rewrittenFrom: { graph: source, keptChannels } } } // prettier-ignore
}

test('what is left is compared, each layer on its own too; what is gone is named', async () => {
  let removed = 0
  for (let seed = 0; seed < 60; seed++) {
    const { graph, inputs } = network(seed)
    const { graph: rewritten, keptChannels, evaluator } = rewrittenOf(graph)
    const stage = await compare(graph, evaluator, inputs)
    expect([seed, stage.passed]).toEqual([seed, true])
    expect(stage.layers).toHaveLength(rewritten.ops.length)
    for (const { own, accumulated } of stage.layers) expect([own!.mismatches, accumulated.mismatches]).toEqual([0, 0])
    expect(stage.removed).toHaveLength(graph.ops.length - rewritten.ops.length)
    const left = new Set(rewritten.ops.map((op) => graph.tensors[op.outputs[0]!]!.name))
    for (const layer of stage.removed) {
      expect(graph.ops[layer.index]!.kind).toBe(layer.op)
      expect(left.has(layer.output)).toBe(false)
    }
    removed += stage.removed.length + keptChannels.size
  }
  expect(removed).toBeGreaterThan(60)
})

test('a bias that was folded wrongly is found', async () => {
  const seeds = [...Array(80).keys()].filter((seed) => rewriteGraph(network(seed).graph).keptChannels.size > 0)
  let found = 0
  for (const seed of seeds) {
    const { graph, inputs } = network(seed)
    const { graph: rewritten, keptChannels } = rewriteGraph(graph)
    const tensors = rewritten.tensors.map((tensor, id): Tensor =>
      id >= graph.tensors.length && tensor.data instanceof Int32Array
        ? { ...tensor, data: tensor.data.map((value) => value + 100_000) }
        : tensor,
    )
    const wrong = { ...rewritten, tensors }
    const evaluator = { ...interpreterEvaluator(wrong, 'wrong'), rewrittenFrom: { graph, keptChannels } }
    found += (await compare(graph, evaluator, inputs)).passed ? 0 : 1
  }
  expect(seeds.length).toBeGreaterThan(10)
  expect(found / seeds.length).toBeGreaterThan(0.8)
})
