import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitDirectConvolution } from '../../src-main/codegen/kernels/direct-convolution.ts'
import type { WeightForm } from '../../src-main/codegen/kernels/kernel.ts'
import type { RequantizeForm } from '../../src-main/codegen/requantize/plan.ts'
import type { Activation } from '../../src-main/ir/graph.ts'
import { bytesOf, convolutionGraph, convolutionLayer, expectedOutput, type Window } from './random-layers.ts'
import { randomWindow } from './random-windows.ts'
import { CORES, runKernel } from './run-kernel.ts'

const FORMS: [WeightForm, RequantizeForm, Activation][] = [
  ['int16', 'clamped', 'relu'],
  ['packed8', 'clamped', 'relu6'],
  ['int16', 'linear', 'none'],
  ['packed8', 'plain', 'none'],
]

describe.each(CORES)('on the $core', ({ board }) => {
  test.each(FORMS)('%s weights, %s requantise: any window', (weights, form, activation) => {
    const rng = createRng(14).fork(`${weights} ${form}`)
    for (let seed = 0; seed < 80; seed++) {
      const window = randomWindow(rng)
      const graph = convolutionGraph(seed, window, activation)
      const { input, expected } = expectedOutput(graph, seed)
      const kernel = emitDirectConvolution(convolutionLayer(graph), { weights, requantize: [form] })
      expect(kernel.requantize).toBe(form)
      const { output } = runKernel(kernel, bytesOf(input), expected.length, board)
      expect(output, `seed ${seed} ${JSON.stringify(window)}`).toEqual(expected)
    }
  })

  test('rows and windows too long to unroll', () => {
    const sizes = [
      { filterH: 3, filterW: 3, inputs: 32, height: 4, width: 5, outputs: 3 },
      { filterH: 5, filterW: 5, inputs: 13, height: 4, width: 5, outputs: 2 },
      { filterH: 10, filterW: 4, inputs: 1, height: 20, width: 7, outputs: 5, strideH: 2, strideW: 2 },
    ]
    for (const size of sizes) {
      const window: Window = { strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, padding: 'same', ...size }
      const graph = convolutionGraph(size.inputs, window, 'relu')
      const { input, expected } = expectedOutput(graph, size.inputs)
      const kernel = emitDirectConvolution(convolutionLayer(graph))
      expect(runKernel(kernel, bytesOf(input), expected.length, board).output).toEqual(expected)
    }
  })
})
