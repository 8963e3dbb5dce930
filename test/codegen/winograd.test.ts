import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitWinograd, fitsWinograd, winogradPays } from '../../src-main/codegen/kernels/winograd.ts'
import { winogradWorksInPlace } from '../../src-main/codegen/kernels/winograd-input.ts'
import type { RequantizeForm } from '../../src-main/codegen/requantize/plan.ts'
import type { Activation } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { bytesOf, convolutionGraph, convolutionLayer, expectedOutput } from './random-layers.ts'
import { randomTiledWindow } from './random-windows.ts'
import { CORES, runKernel } from './run-kernel.ts'

const FORMS: [RequantizeForm, Activation][] = [
  ['clamped', 'relu'],
  ['linear', 'none'],
  ['linear', 'relu_n1_to_1'],
]

describe.each(CORES)('on the $core', ({ board }) => {
  test.each(FORMS)('%s requantise, %s', (form, activation) => {
    const rng = createRng(21).fork(`${form} ${activation}`)
    for (let seed = 0; seed < 25; seed++) {
      const window = randomTiledWindow(rng)
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

  test('in place: as many outputs as inputs, rows in pairs', () => {
    const rng = createRng(22)
    for (let seed = 0; seed < 25; seed++) {
      const channels = 4 * (1 + rng.int(5))
      const size = { height: 2 * (1 + rng.int(5)), width: 4 + rng.int(8), inputs: channels, outputs: channels }
      const window = { ...randomTiledWindow(rng), padding: 'same' as const, ...size }
      const graph = convolutionGraph(seed, window, 'relu')
      const layer = convolutionLayer(graph)
      expect(winogradWorksInPlace(layer.geometry)).toBe(true)
      const { input, expected } = expectedOutput(graph, seed)
      const { output } = runKernel(emitWinograd(layer)!, bytesOf(input), expected.length, board, undefined, true)
      expect(output, `seed ${seed} ${JSON.stringify(size)}`).toEqual(expected)
    }
  })
})

test('weights and inputs at their ends', () => {
  const window = { ...randomTiledWindow(createRng(1)), height: 6, width: 8, inputs: 32, outputs: 4 }
  const graph = convolutionGraph(1, window, 'none')
  const layer = convolutionLayer(graph)
  for (const [weight, x] of [
    [-128, -128],
    [-128, 127],
    [127, -128],
    [127, 127],
  ] as const) {
    layer.weights.fill(weight)
    const input = new Int8Array(window.height * window.width * window.inputs).fill(x)
    const [expected] = createInterpreter(graph).run([input]) as [Int8Array]
    const { output } = runKernel(emitWinograd(layer)!, bytesOf(input), expected.length, CORES[0]!.board)
    expect(output).toEqual(expected)
  }
})

test('four times an accumulator that does not fit 32 bits is refused', () => {
  const graph = convolutionGraph(1, { ...randomTiledWindow(createRng(1)), inputs: 16, outputs: 2 }, 'relu')
  const layer = convolutionLayer(graph)
  const params = { ...layer.params, bias: Int32Array.of(2 ** 29 - 1, 0) }
  expect(() => emitWinograd({ ...layer, params })).toThrow(expect.objectContaining({ code: 'ACCUMULATOR_OVERFLOW' }))
})

test('pays where tiles repeat few outputs', () => {
  const pays = (height: number, width: number) =>
    winogradPays(
      convolutionLayer(
        convolutionGraph(1, { ...randomTiledWindow(createRng(1)), padding: 'same', height, width }, 'relu'),
      ),
    )
  expect([pays(32, 32), pays(2, 4), pays(3, 5)]).toEqual([true, true, false])
})
