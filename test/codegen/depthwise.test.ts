import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitDepthwise, fitsDepthwise } from '../../src-main/codegen/kernels/depthwise.ts'
import type { RequantizeForm } from '../../src-main/codegen/requantize/plan.ts'
import type { Activation, Padding } from '../../src-main/ir/graph.ts'
import { bytesOf, depthwiseGraph, depthwiseLayer, expectedOutput } from './random-layers.ts'
import { CORES, runKernel } from './run-kernel.ts'

const CASES: [RequantizeForm, Activation, 1 | 2][] = [
  ['clamped', 'relu', 1],
  ['clamped', 'relu6', 2],
  ['linear', 'none', 1],
  ['linear', 'relu_n1_to_1', 2],
  ['plain', 'none', 1],
  ['plain', 'none', 2],
]

describe.each(CORES)('on the $core', ({ board }) => {
  test.each(CASES)('%s requantise, %s, stride %i: any size', (form, activation, stride) => {
    const rng = createRng(13).fork(`${form} ${stride}`)
    for (let seed = 0; seed < 50; seed++) {
      const padding: Padding = rng.float() < 0.7 ? 'same' : 'valid'
      const size = { height: 3 + rng.int(9), width: 3 + rng.int(seed % 4 === 0 ? 50 : 9), channels: 1 + rng.int(6) }
      const graph = depthwiseGraph(seed, size, stride, padding, activation)
      const { input, expected } = expectedOutput(graph, seed)
      const layer = depthwiseLayer(graph)
      expect(fitsDepthwise(layer)).toBe(true)
      const kernel = emitDepthwise(layer, { requantize: [form] })
      expect(kernel.requantize).toBe(form)
      for (const inPlace of [false, true]) {
        const { output } = runKernel(kernel, bytesOf(input), expected.length, board, undefined, inPlace)
        expect(output, `seed ${seed} ${padding} ${JSON.stringify(size)} in place: ${inPlace}`).toEqual(expected)
      }
    }
  })
})
