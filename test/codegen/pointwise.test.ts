import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import type { WeightForm } from '../../src-main/codegen/kernels/kernel.ts'
import { emitPointwise, pointwiseWorksInPlace } from '../../src-main/codegen/kernels/pointwise.ts'
import type { RequantizeForm } from '../../src-main/codegen/requantize/plan.ts'
import type { Activation } from '../../src-main/ir/graph.ts'
import { bytesOf, expectedOutput, pointwiseGraph, pointwiseLayer } from './random-layers.ts'
import { CORES, runKernel } from './run-kernel.ts'

const FORMS: [WeightForm, RequantizeForm, Activation][] = [
  ['int16', 'clamped', 'relu'],
  ['packed8', 'clamped', 'relu6'],
  ['int16', 'linear', 'none'],
  ['packed8', 'linear', 'none'],
  ['int16', 'plain', 'relu_n1_to_1'],
  ['packed8', 'plain', 'none'],
]

describe.each(CORES)('on the $core', ({ board }) => {
  test.each(FORMS)('%s weights, %s requantise: any size', (weights, form, activation) => {
    const rng = createRng(12).fork(`${weights} ${form}`)
    for (let seed = 0; seed < 60; seed++) {
      const size = {
        height: 1 + rng.int(4),
        width: 1 + rng.int(4),
        inputs: 4 * (1 + rng.int(20)),
        outputs: 1 + rng.int(12),
      }
      const graph = pointwiseGraph(seed, size, activation)
      const { input, expected } = expectedOutput(graph, seed)
      const layer = pointwiseLayer(graph)
      const kernel = emitPointwise(layer, { weights, requantize: [form] })
      expect(kernel.requantize).toBe(form)
      for (const inPlace of pointwiseWorksInPlace(layer) ? [false, true] : [false]) {
        const { output } = runKernel(kernel, bytesOf(input), expected.length, board, undefined, inPlace)
        expect(output, `seed ${seed} ${JSON.stringify(size)} in place: ${inPlace}`).toEqual(expected)
      }
    }
  })

  test.each(['int16', 'packed8'] as const)('%s weights, more taps than are unrolled', (weights) => {
    for (const inputs of [144, 148, 204, 256]) {
      const graph = pointwiseGraph(inputs, { height: 1, width: 3, inputs, outputs: 5 }, 'relu')
      const { input, expected } = expectedOutput(graph, inputs)
      const kernel = emitPointwise(pointwiseLayer(graph), { weights })
      expect(runKernel(kernel, bytesOf(input), expected.length, board).output).toEqual(expected)
    }
  })

  test('weights of -128 are not packed', () => {
    const graph = pointwiseGraph(1, { height: 2, width: 2, inputs: 8, outputs: 4 }, 'relu')
    const layer = pointwiseLayer(graph)
    layer.weights[9] = -128
    const { input, expected } = expectedOutput(graph, 1)
    const kernel = emitPointwise(layer, { weights: 'packed8' })
    expect(runKernel(kernel, bytesOf(input), expected.length, board).output).toEqual(expected)
  })
})
