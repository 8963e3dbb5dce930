import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitAdd } from '../../src-main/codegen/kernels/add.ts'
import { findSumConstants } from '../../src-main/codegen/requantize/sum-of-two.ts'
import type { Add } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { addParams } from '../../src-main/ir/quantized-params.ts'
import { addGraph, addLayer, bytesOf, randomInt8 } from './random-layers.ts'
import { CORES, runKernel } from './run-kernel.ts'

const allPairs = {
  a: Int8Array.from({ length: 65536 }, (_, i) => (i >> 8) - 128),
  b: Int8Array.from({ length: 65536 }, (_, i) => (i & 255) - 128),
}

describe.each(CORES)('on the $core', ({ board }) => {
  test.each([true, false])('any number of elements, proved constants: %s', (proved) => {
    const rng = createRng(15)
    for (let seed = 0; seed < 150; seed++) {
      const elements = 1 + rng.int(70)
      const activation = (['none', 'relu', 'relu_n1_to_1'] as const)[seed % 3]!
      const graph = addGraph(rng, elements, activation)
      const [a, b] = [randomInt8(rng, elements), randomInt8(rng, elements)]
      const [expected] = createInterpreter(graph).run([a, b]) as [Int8Array]
      const kernel = emitAdd(addLayer(graph), { proved })
      for (const inPlace of [false, true]) {
        const { output } = runKernel(kernel, bytesOf(a), elements, board, bytesOf(b), inPlace)
        expect(output, `seed ${seed} in place: ${inPlace}`).toEqual(expected)
      }
    }
  })
})

test('all pairs of operands, as the interpreter adds them', () => {
  const rng = createRng(16)
  let found = 0
  for (let layer = 0; layer < 20; layer++) {
    const graph = addGraph(rng, 65536, layer % 2 === 0 ? 'relu' : 'none')
    const constants = findSumConstants(addParams(graph, graph.ops[0] as Add))
    if (constants === undefined) continue
    found++
    const [expected] = createInterpreter(graph).run([allPairs.a, allPairs.b]) as [Int8Array]
    const { first, second, offset, shift } = constants
    for (let i = 0; i < 65536; i++) {
      const smlaw = (ratio: number, value: number, sum: number) => sum + Math.floor((ratio * value * 256) / 65536)
      const sum = smlaw(second, allPairs.b[i]!, smlaw(first, allPairs.a[i]!, offset)) >> shift
      const value = Math.max(-128, Math.min(127, sum))
      if (value !== expected[i]) expect.fail(`layer ${layer} pair ${i}: ${value}, not ${expected[i]}`)
    }
  }
  expect(found).toBe(20)
})
