import { expect, test, describe } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitFullyConnected, type FullyConnectedLayer } from '../../src-main/codegen/kernels/fully-connected.ts'
import type { WeightForm } from '../../src-main/codegen/kernels/kernel.ts'
import type { RequantizeForm } from '../../src-main/codegen/requantize/plan.ts'
import type { Activation, FullyConnected, Graph } from '../../src-main/ir/graph.ts'
import { convolutionParams, fullyConnectedShape } from '../../src-main/ir/quantized-params.ts'
import { constantOf } from '../../src-main/ir/tensor-access.ts'
import { bytesOf, expectedOutput, weightedGraph } from './random-layers.ts'
import { CORES, runKernel } from './run-kernel.ts'

const fullyConnected = (seed: number, inputs: number, outputs: number, activation: Activation): Graph =>
  weightedGraph({
    seed,
    op: { kind: 'FULLY_CONNECTED', activation, keepNumDims: false },
    ...{ input: [1, inputs], weights: [outputs, inputs], output: [1, outputs], channels: outputs, taps: inputs },
  })

function layerOf(graph: Graph): FullyConnectedLayer {
  const op = graph.ops[0] as FullyConnected
  const { inputs, outputs } = fullyConnectedShape(graph, op)
  return { inputs, outputs, weights: constantOf(graph, op.inputs[1], Int8Array), params: convolutionParams(graph, op) }
}

const FORMS: [WeightForm, RequantizeForm, Activation][] = [
  ['int16', 'clamped', 'relu'],
  ['packed8', 'clamped', 'relu'],
  ['int16', 'linear', 'none'],
  ['packed8', 'linear', 'none'],
  ['int16', 'plain', 'none'],
  ['packed8', 'plain', 'relu_n1_to_1'],
]

describe.each(CORES)('on the $core', ({ board }) => {
  test.each(FORMS)('%s weights, %s requantise: any size', (weights, form, activation) => {
    const rng = createRng(11).fork(`${weights} ${form}`)
    for (let seed = 0; seed < 40; seed++) {
      const graph = fullyConnected(seed, 1 + rng.int(90), 1 + rng.int(20), activation)
      const { input, expected } = expectedOutput(graph, seed)
      const kernel = emitFullyConnected(layerOf(graph), { weights, requantize: [form] })
      expect(kernel.requantize).toBe(form)
      const { output } = runKernel(kernel, bytesOf(input), expected.length, board)
      expect(output, `seed ${seed}`).toEqual(expected)
    }
  })
})
