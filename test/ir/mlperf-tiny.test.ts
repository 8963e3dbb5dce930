import { describe, expect, test } from 'vitest'
import { crc32 } from '../../src-main/base/hash.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { opMacs } from '../../src-main/ir/op-table.ts'
import { expectedAnswers, hasMlperfTiny, MLPERF_MODELS, mlperfFile, patternInput } from '../support/mlperf-tiny.ts'

const hex = (data: ArrayBufferView) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')

describe.skipIf(!hasMlperfTiny)('MLPerf Tiny int8 models against TensorFlow Lite Micro', () => {
  test.each(MLPERF_MODELS)('%s: outputs and every op, bit for bit, for eight inputs', (model) => {
    const graph = readTflite(mlperfFile(`${model}.tflite`), model)
    const expected = expectedAnswers(model)
    expect(graph.ops.map((op) => ({ op: op.kind, macs: opMacs(graph, op) }))).toEqual(
      expected.ops.map(({ op, macs }) => ({ op, macs })),
    )

    const interpreter = createInterpreter(graph)
    expect(expected.cases).toHaveLength(8)
    for (const { pattern, outputHex, preSoftmaxHex, opCrc32 } of expected.cases) {
      const crcs: string[] = []
      const opOutputs: string[] = []
      const [output] = interpreter.run([patternInput(pattern, expected.inputs.bytes)], (_, data) => {
        crcs.push(
          crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
            .toString(16)
            .padStart(8, '0'),
        )
        opOutputs.push(hex(data))
      })
      expect(hex(output!), `output for pattern ${pattern}`).toBe(outputHex)
      expect(crcs, `ops for pattern ${pattern}`).toEqual(opCrc32)
      if (preSoftmaxHex !== undefined) expect(opOutputs.at(-2)).toBe(preSoftmaxHex)
    }
  })
})
