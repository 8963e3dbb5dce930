// The exact rewrites: the same outputs, bit for bit, and every layer that is left what it was.

import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { checkGraph } from '../../src-main/ir/check.ts'
import { elementCount, type Graph, type TensorData, type TensorId } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { channelIntervals, channelsOf } from '../../src-main/plan/rewrites/channel-intervals.ts'
import { rewriteGraph, REWRITES } from '../../src-main/plan/rewrites/rewrite-graph.ts'
import { rewritableNetwork } from './rewritable-networks.ts'

const COUNT = Number(process.env.THIMBLE_DEEP_COUNT ?? 400)
const SEED = Number(process.env.THIMBLE_SEED ?? 0)
const INPUTS = 6
const networks = (count: number) =>
  Array.from({ length: count }, (_, i) => rewritableNetwork(createRng(SEED + i).fork('rewritable')))

/** Every tensor that a run of the graph writes. */
function valuesOf(graph: Graph, inputs: readonly TensorData[]): Map<TensorId, TensorData> {
  const values = new Map<TensorId, TensorData>()
  createInterpreter(graph).run(inputs, (id, data) => values.set(id, data.slice()))
  return values
}

/** As text, which is quicker to compare than a list of numbers. */
function chosen(data: TensorData, channels: number, kept: readonly number[] | undefined): string {
  const isKept = new Set(kept)
  return (kept === undefined ? data : (data as Int8Array).filter((_, i) => isKept.has(i % channels))).join()
}

test('all together, over random networks: every layer that is left gives what it gave', () => {
  const found = new Map<string, number>()
  for (const [k, { graph, inputs }] of networks(COUNT).entries()) {
    const { graph: rewritten, keptChannels, applied } = rewriteGraph(graph)
    expect(rewritten.outputs).toEqual(graph.outputs)
    for (const { rewrite } of applied) found.set(rewrite, (found.get(rewrite) ?? 0) + 1)
    for (let i = 0; i < INPUTS; i++) {
      const values = inputs()
      const before = valuesOf(graph, values)
      for (const [id, after] of valuesOf(rewritten, values)) {
        const channels = channelsOf(graph.tensors[id]!)
        const wanted = chosen(before.get(id)!, channels, keptChannels.get(id))
        if (chosen(after, channels, undefined) !== wanted)
          expect.fail(`${graph.tensors[id]!.name} differs in network ${SEED + k}`)
      }
    }
  }
  for (const { name } of REWRITES) expect([name, (found.get(name) ?? 0) >= COUNT / 50]).toEqual([name, true])
})

describe.each(REWRITES.map((rewrite) => [rewrite.name, rewrite] as const))('%s, alone', (_, rewrite) => {
  test('keeps the outputs and the rules of the IR, and saves what it says', () => {
    let count = 0
    for (const { graph, inputs } of networks(COUNT / 4)) {
      const { graph: rewritten, applied } = rewriteGraph(graph, [rewrite])
      if (applied.length === 0) {
        expect(rewritten).toBe(graph)
        continue
      }
      count++
      checkGraph(rewritten)
      expect(applied[0]!.saved.ops).toBe(graph.ops.length - rewritten.ops.length)
      expect(Object.values(applied[0]!.saved).some((saved) => saved > 0)).toBe(true)
      const values = inputs()
      expect(createInterpreter(rewritten).run(values)).toEqual(createInterpreter(graph).run(values))
    }
    expect(count).toBeGreaterThan(0)
  })
})

test('every value lies in the interval of its channel, and intervals are not all wide', () => {
  let narrow = 0
  for (const { graph, inputs } of networks(COUNT / 2)) {
    const intervals = channelIntervals(graph)
    for (let i = 0; i < INPUTS; i++)
      for (const [id, data] of valuesOf(graph, inputs())) {
        const { low, high } = intervals(id)
        const channels = low.length
        const isInside = (data as Int8Array).every((v, k) => v >= low[k % channels]! && v <= high[k % channels]!)
        expect([graph.tensors[id]!.name, isInside]).toEqual([graph.tensors[id]!.name, true])
        narrow += low.filter((value, c) => value === high[c]).length
      }
  }
  expect(narrow).toBeGreaterThan(COUNT)
})

test('a graph without anything to rewrite stays the very same', () => {
  const { graph } = rewritableNetwork(createRng(3).fork('plain'), 0)
  const input = graph.tensors[graph.inputs[0]!]!
  const plain: Graph = {
    ...graph,
    tensors: [input, { ...input, name: 'output', shape: [1, elementCount(input.shape)] }],
    ops: [{ kind: 'RESHAPE', inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  }
  expect(rewriteGraph(plain)).toEqual({ graph: plain, keptChannels: new Map(), applied: [] })
})
