import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitWinograd, fitsWinograd } from '../../src-main/codegen/kernels/winograd.ts'
import type { RequantizeForm } from '../../src-main/codegen/requantize/plan.ts'
import type { Activation } from '../../src-main/ir/graph.ts'
import { bytesOf, convolutionGraph, convolutionLayer, expectedOutput, type Window } from './random-layers.ts'
import { CORES, runKernel } from './run-kernel.ts'

const FORMS: [RequantizeForm, Activation][] = [
  ['clamped', 'relu'],
  ['linear', 'none'],
  ['linear', 'relu_n1_to_1'],
]

function randomWindow(rng: ReturnType<typeof createRng>): Window {
  const padding = rng.float() < 0.7 ? 'same' : 'valid'
  const border = padding === 'same' ? 0 : 2
  return {
    ...{ filterH: 3, filterW: 3, strideH: 1, strideW: 1, dilationH: 1, dilationW: 1, padding },
    height: border + 2 + rng.int(8),
    width: border + 4 + rng.int(12),
    inputs: 4 * (1 + rng.int(8)),
    outputs: 2 * (1 + rng.int(4)),
  }
}

describe.each(CORES)('on the $core', ({ board }) => {
  test.each(FORMS)('%s requantise, %s', (form, activation) => {
    const rng = createRng(21).fork(`${form} ${activation}`)
    for (let seed = 0; seed < 40; seed++) {
      const window = randomWindow(rng)
      const graph = convolutionGraph(seed, window, activation)
      const layer = convolutionLayer(graph)
      expect(fitsWinograd(layer)).toBe(true)
      const { input, expected } = expectedOutput(graph, seed)
      const kernel = emitWinograd(layer, { requantize: [form] })!
      expect(kernel.requantize).toBe(form)
      const { output } = runKernel(kernel, bytesOf(input), expected.length, board)
      expect(output, `seed ${seed} ${JSON.stringify(window)}`).toEqual(expected)
    }
  })
})
