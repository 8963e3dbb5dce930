import { describe, expect, test } from 'vitest'
import { expOnNegativeValues } from '../../src-main/ir/fixed-point-functions.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import type { Graph } from '../../src-main/ir/graph.ts'

test('exp on negative values, Q5.26 to Q0.31, within 3e-7', () => {
  // gemmlowp's own bound for this function
  for (let a = -(2 ** 31); a <= 0; a += 65537) {
    expect(Math.abs(expOnNegativeValues(a, 5) / 2 ** 31 - Math.exp(a / 2 ** 26))).toBeLessThan(3e-7)
  }
  expect(expOnNegativeValues(0, 5)).toBe(2147483647)
})

describe('rows', () => {
  const softmax = (depth: number, scale: number): Graph => ({
    name: 'softmax',
    tensors: [
      { name: 'x', shape: [1, depth], dtype: 'int8', quantization: { scale: [scale], zeroPoint: [0], axis: 0 } },
      { name: 'y', shape: [1, depth], dtype: 'int8', quantization: { scale: [1 / 256], zeroPoint: [-128], axis: 0 } },
    ],
    ops: [{ kind: 'SOFTMAX', beta: 1, inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  })

  test.each([1, 2, 3, 4, 100, 500])('%d equal inputs share the probability', (depth) => {
    const [output] = createInterpreter(softmax(depth, 0.125)).run([new Int8Array(depth).fill(17)])
    expect(new Set(output as Int8Array)).toEqual(new Set([Math.min(127, Math.round(256 / depth) - 128)]))
  })

  test('more equal inputs than the reference kernel allows all round to nothing', () => {
    const [output] = createInterpreter(softmax(4000, 0.125)).run([new Int8Array(4000).fill(-3)])
    expect(new Set(output as Int8Array)).toEqual(new Set([-128]))
  })

  test('a scale so large that only the maximum counts', () => {
    const [output] = createInterpreter(softmax(3, 64)).run([Int8Array.of(5, 4, -128)])
    expect([...(output as Int8Array)]).toEqual([127, -128, -128])
  })
})
