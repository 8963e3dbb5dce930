// What the writer writes loads in LiteRT, and LiteRT's answer to the same input lies within one quantum of ours for
// int8 (it rounds once, the reference kernels twice), within 1e-5 for float32.

import { beforeAll, describe, expect, test } from 'vitest'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { writeTflite } from '../../src-main/formats/tflite/write-tflite.ts'
import { elementCount, type Graph, type TensorData, type TensorId } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { FLOAT32, ONE_QUANTUM, passes } from '../../src-main/verify/gates.ts'
import { ErrorMeter } from '../../src-main/verify/tensor-errors.ts'
import { floatTwin } from '../support/float-twin.ts'
import { startLiteRt, type LiteRt } from '../support/litert.ts'
import { hasMlperfTiny, MLPERF_MODELS, mlperfFile, patternInput } from '../support/mlperf-tiny.ts'
import { RANDOM_OPS, randomInputs, randomInt8Graph } from '../support/random-graph.ts'
import { singleOp } from '../support/single-op.ts'

let litert: LiteRt
beforeAll(async () => {
  litert = await startLiteRt()
})

/** LiteRT's answer against ours, over all outputs of a graph, which are of one type. */
async function errors(graph: Graph, inputs: readonly TensorData[], ours: readonly TensorData[]) {
  const given = await litert.run(writeTflite(graph), inputs)
  const float = graph.tensors[graph.outputs[0]!]!.dtype === 'float32'
  const meter = new ErrorMeter(float ? undefined : 1)
  expect(given).toHaveLength(ours.length)
  given.forEach((bytes, i) => {
    const theirs = float ? new Float32Array(bytes.buffer) : new Int8Array(bytes.buffer)
    meter.add(ours[i] as Int8Array | Float32Array, theirs)
  })
  return { ...meter.result(), gate: float ? FLOAT32 : ONE_QUANTUM }
}

describe('random graphs of one op', () => {
  test.each(RANDOM_OPS)('int8 %s', async (kind) => {
    for (let seed = 0; seed < 40; seed++) {
      const graph = randomInt8Graph(seed, kind)
      const inputs = randomInputs(seed, graph)
      const ours = createInterpreter(graph).run(inputs)
      const result = await errors(graph, inputs, ours)
      expect(passes(result.gate, result), `seed ${seed}: ${JSON.stringify(result)}`).toBe(true)
    }
  })

  test.each(RANDOM_OPS.filter((kind) => kind !== 'QUANTIZE' && kind !== 'DEQUANTIZE'))('float32 %s', async (kind) => {
    for (let seed = 0; seed < 20; seed++) {
      const graph = floatTwin(randomInt8Graph(seed, kind))
      const inputs = randomInputs(seed, graph)
      const ours = createInterpreter(graph).run(inputs)
      const result = await errors(graph, inputs, ours)
      expect(passes(result.gate, result), `seed ${seed}: ${JSON.stringify(result)}`).toBe(true)
    }
  })
})

describe.skipIf(!hasMlperfTiny)('MLPerf Tiny, each op fed the reference own input', () => {
  const files = MLPERF_MODELS.flatMap((model) => [model, model.replace('int8', 'float32')])

  test.each(files)('%s', async (model) => {
    const graph = readTflite(mlperfFile(`${model}.tflite`), model)
    const input = graph.tensors[graph.inputs[0]!]!
    for (const pattern of [0, 4]) {
      const bytes = patternInput(pattern, elementCount(input.shape))
      const values = input.dtype === 'int8' ? bytes : Float32Array.from(bytes, (value) => value / 8)
      const known = new Map<TensorId, TensorData>([[graph.inputs[0]!, values]])
      createInterpreter(graph).run([values], (id, data) => known.set(id, data.slice()))
      for (const [index, op] of graph.ops.entries()) {
        const single = singleOp(graph, index)
        const own = [...new Set(op.inputs)].filter((id) => graph.tensors[id]!.data === undefined)
        const result = await errors(
          single,
          own.map((id) => known.get(id)!),
          op.outputs.map((id) => known.get(id)!),
        )
        expect(passes(result.gate, result), `op ${index} ${op.kind}: ${JSON.stringify(result)}`).toBe(true)
      }
    }
  })
})
