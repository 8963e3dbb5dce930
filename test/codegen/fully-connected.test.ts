import { expect, test, describe } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitFullyConnected } from '../../src-main/codegen/kernels/fully-connected.ts'
import type { WeightForm } from '../../src-main/codegen/kernels/kernel.ts'
import type { RequantizeForm } from '../../src-main/codegen/requantize/plan.ts'
import type { Activation } from '../../src-main/ir/graph.ts'
import { bytesOf, expectedOutput, fullyConnectedGraph, fullyConnectedLayer } from './random-layers.ts'
import { CORES, runKernel } from './run-kernel.ts'

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
    for (let seed = 0; seed < 50; seed++) {
      const widensOnce = seed % 3 > 0
      const inputs = widensOnce ? 1 + rng.int(90) : 4 * (1 + rng.int(22))
      const graph = fullyConnectedGraph(seed, inputs, 1 + rng.int(20), activation)
      const { input, expected } = expectedOutput(graph, seed)
      const kernel = emitFullyConnected(fullyConnectedLayer(graph), { weights, requantize: [form], widensOnce })
      expect(kernel.requantize).toBe(form)
      expect(kernel.scratchBytes).toBe(widensOnce ? Math.ceil(inputs / 4) * 8 : 0)
      const { output } = runKernel(kernel, bytesOf(input), expected.length, board)
      expect(output, `seed ${seed}`).toEqual(expected)
    }
  })
})
