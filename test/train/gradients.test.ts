import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { adamRate } from '../../src-main/train/adam.ts'
import { createAutoencoder } from '../../src-main/train/autoencoder.ts'
import { checkTrainable } from '../../src-main/train/gradients.ts'
import { openOnnxSession } from '../../src-main/train/onnx-session.ts'
import { parameterSlices, readParameters, withParameters } from '../../src-main/train/parameters.ts'
import { gradientModel, lossModel, trainingStepModel } from '../../src-main/train/training-step.ts'
import { everyTrainableOp, slowGradients, slowLoss } from './dense-graph.ts'

const BATCH = 7

function problem(graph: Graph, seed: number) {
  const rng = createRng(seed)
  const features = graph.tensors[graph.inputs[0]!]!.shape[1]!
  const x = Float32Array.from({ length: BATCH * features }, () => rng.normal())
  const rows = Array.from({ length: BATCH }, (_, i) => Float64Array.from(x.subarray(i * features, (i + 1) * features)))
  const slices = parameterSlices(graph)
  const parameters = new Map(
    slices.map(({ tensor }) => [tensor, Float64Array.from(graph.tensors[tensor]!.data as Float32Array)]),
  )
  const flat = readParameters(graph, slices)
  const feeds = { x: { data: x, shape: [BATCH, features] }, parameters: { data: flat, shape: [flat.length] } }
  return { rows, slices, parameters, flat, feeds }
}

const graphs: [string, Graph][] = [
  ['every trainable op', everyTrainableOp(createRng(1))],
  ['an autoencoder', createAutoencoder({ features: 12, hidden: 6, bottleneck: 3 }, createRng(2))],
]

test.each(graphs)('%s: the float64 backward pass agrees with finite differences', (_, graph) => {
  const { rows, parameters } = problem(graph, 11)
  const gradients = slowGradients(graph, parameters, rows)
  const h = 1e-6
  for (const [id, data] of parameters) {
    data.forEach((value, i) => {
      data[i] = value + h
      const up = slowLoss(graph, parameters, rows)
      data[i] = value - h
      const down = slowLoss(graph, parameters, rows)
      data[i] = value
      expect(Math.abs((up - down) / (2 * h) - gradients.get(id)![i]!)).toBeLessThan(1e-6)
    })
  }
})

test.each(graphs)('%s: the ONNX gradient agrees with the float64 backward pass', async (_, graph) => {
  const { rows, slices, parameters, feeds } = problem(graph, 12)
  const session = await openOnnxSession(gradientModel(graph, BATCH), 1)
  const { loss, gradient } = await session.run(feeds)
  await session.release()
  const wanted = slowGradients(graph, parameters, rows)
  expect(loss![0]).toBeCloseTo(slowLoss(graph, parameters, rows), 5)
  const largest = Math.max(...[...wanted.values()].flatMap((values) => [...values].map(Math.abs)))
  expect(largest).toBeGreaterThan(0.01)
  for (const { tensor, offset, size } of slices) {
    for (let i = 0; i < size; i++) {
      expect(Math.abs(gradient![offset + i]! - wanted.get(tensor)![i]!)).toBeLessThan(1e-5 * largest)
    }
  }
})

// Kingma and Ba (2015), the efficient order at the end of their section 2.
test('a step moves the parameters as Adam does', async () => {
  const graph = graphs[1]![1]
  const { flat, feeds } = problem(graph, 13)
  const gradients = await openOnnxSession(gradientModel(graph, BATCH), 1)
  const step = await openOnnxSession(trainingStepModel(graph, BATCH), 1)
  const n = flat.length
  const [beta1, beta2, rate, epsilon] = [0.9, 0.999, 0.01, 1e-8]
  const expected = Float64Array.from(flat)
  const m = new Float64Array(n)
  const v = new Float64Array(n)
  let parameters = flat
  let moments = new Float32Array(2 * n)
  for (let t = 1; t <= 4; t++) {
    const at = { ...feeds, parameters: { data: parameters, shape: [n] } }
    const { gradient } = await gradients.run(at)
    const fed = (rate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)
    for (let i = 0; i < n; i++) {
      m[i] = beta1 * m[i]! + (1 - beta1) * gradient![i]!
      v[i] = beta2 * v[i]! + (1 - beta2) * gradient![i]! ** 2
      expected[i]! -= (fed * m[i]!) / (Math.sqrt(v[i]!) + epsilon)
    }
    const result = await step.run({
      ...at,
      moments: { data: moments, shape: [2 * n] },
      rate: { data: Float32Array.of(adamRate(rate, t)), shape: [1] },
    })
    parameters = result.new_parameters!
    moments = result.new_moments! as Float32Array<ArrayBuffer>
    for (let i = 0; i < n; i++) {
      expect(Math.abs(parameters[i]! - expected[i]!)).toBeLessThan(1e-6)
    }
  }
  await gradients.release()
  await step.release()
})

test('the loss model gives the same loss as the step', async () => {
  const graph = graphs[0]![1]
  const { rows, parameters, feeds } = problem(graph, 14)
  const session = await openOnnxSession(lossModel(graph, BATCH), 1)
  expect((await session.run(feeds)).loss![0]).toBeCloseTo(slowLoss(graph, parameters, rows), 5)
  await session.release()
})

test('parameters go into a flat vector and back unchanged', () => {
  const graph = graphs[0]![1]
  const slices = parameterSlices(graph)
  const flat = readParameters(graph, slices)
  expect(withParameters(graph, slices, flat)).toEqual(graph)
  expect(
    readParameters(
      withParameters(
        graph,
        slices,
        flat.map((p) => 2 * p),
      ),
      slices,
    ),
  ).toEqual(flat.map((p) => 2 * p))
})

test('every op that has no gradient is named at once', () => {
  const graph = everyTrainableOp(createRng(1))
  const softmax = { kind: 'SOFTMAX', beta: 1, inputs: [0], outputs: [0] } as const
  const pad = { kind: 'PAD', paddings: [], inputs: [0], outputs: [0] } as const
  expect(() => checkTrainable({ ...graph, ops: [...graph.ops, softmax, pad, softmax] })).toThrow(
    'Ops that cannot be trained: SOFTMAX, PAD.',
  )
})
