import { expect, test } from 'vitest'
import { inspection } from '../../src-main/contract/api.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { inspect } from '../../src-main/ir/inspect.ts'
import { printGraph } from '../../src-main/ir/print.ts'
import { expectedAnswers, hasMlperfTiny, MLPERF_MODELS, mlperfFile } from '../support/mlperf-tiny.ts'
import { smallNetwork } from '../support/small-network.ts'

test('a small network is described in the form of the contract', () => {
  const graph = smallNetwork(1)
  const found = inspect(graph, 'tflite')
  expect(inspection.parse(found)).toEqual(found)
  expect(found.inputs).toEqual([{ name: 'input', shape: [1, 9, 8, 3], dtype: 'float32', scale: null, zeroPoint: null }])
  expect(found.ops).toMatchObject({ CONV_2D: 1, QUANTIZE: 2, SOFTMAX: 1 })
  // conv 6x3x3x3 + 6, depthwise 3x3x6 + 6, dense 5x(features) + 5
  const features = graph.tensors[graph.ops.find(({ kind }) => kind === 'FULLY_CONNECTED')!.inputs[0]!]!.shape[1]!
  expect(found.parameters).toBe(162 + 6 + 54 + 6 + 5 * features + 5)
  expect(found.weightBytes).toBe(162 + 54 + 5 * features + 4 * (6 + 6 + 5))
})

test.skipIf(!hasMlperfTiny).each(MLPERF_MODELS)('%s: MACs as MLPerf counts them', (model) => {
  expect(inspect(readTflite(mlperfFile(`${model}.tflite`), model), 'tflite').macs).toBe(expectedAnswers(model).macs)
})

test('a graph prints as one line an op', () => {
  const graph = smallNetwork(1)
  const lines = printGraph(graph).split('\n')
  expect(lines).toHaveLength(graph.ops.length + 2)
  expect(lines[0]).toBe('small-network(%0 float32[1, 9, 8, 3])')
  expect(lines[3]).toMatch(/^ {2}2 CONV_2D %\d+ int8\[1, 5, 9, 6\] @[\d.]+\+-?\d+ <- .*strideH: 2.* 7290 MACs$/)
})
