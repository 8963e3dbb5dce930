import { describe, expect, test } from 'vitest'
import { crc32 } from '../../src-main/base/hash.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { tensorBytes } from '../../src-main/ir/graph.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { runHostFirmware } from './host-firmware.ts'
import { MLPERF_MODELS, expectedAnswers, hasMlperfTiny, mlperfFile, patternInput } from '../support/mlperf-tiny.ts'

const hex = (data: Uint8Array | Int8Array) => Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')
const crcHex = (data: Uint8Array) => crc32(data).toString(16).padStart(8, '0')
const asBytes = (values: Int8Array) => new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
const signed = (bytes: Uint8Array) => new Int8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const BOARD = findBoardData('stm32f407')!
/** the most RAM that each model's activations may take */
const ARENA_LIMITS = { ad_int8: 1300, kws_int8: 16_500, ic_int8: 50_000 }
const RANDOM_INPUTS = 20

describe.skipIf(!hasMlperfTiny).each(MLPERF_MODELS)('MLPerf Tiny %s on the host-built firmware', (model) => {
  const prepare = () => {
    const graph = readTflite(mlperfFile(`${model}.tflite`), model)
    const plan = planModel(graph, BOARD)
    return { graph, plan, packed: packModel(plan), inputBytes: tensorBytes(graph.tensors[graph.inputs[0]!]!) }
  }

  test('every op answers as TensorFlow Lite Micro does, for all eight patterns', () => {
    const { plan, packed, inputBytes, graph } = prepare()
    const { cases } = expectedAnswers(model)
    const inputs = cases.map(({ pattern }) => asBytes(patternInput(pattern, inputBytes)))
    const [result] = runHostFirmware([{ blob: packed.blob, arenaBytes: plan.arenaBytes, inputs, withOps: true }])
    expect(result!.status).toBe('OK')
    cases.forEach((expected, i) => {
      const [output, ...ops] = result!.runs[i]!
      expect(ops.map(crcHex)).toEqual(expected.opCrc32)
      expect(hex(output!)).toBe(expected.outputHex)
      if (expected.preSoftmaxHex !== undefined) {
        const softmax = graph.ops.findIndex((op) => op.kind === 'SOFTMAX')
        expect(hex(ops[softmax - 1]!)).toBe(expected.preSoftmaxHex)
      }
    })
  })

  test('every op equals the integer interpreter on random inputs', () => {
    const { graph, plan, packed, inputBytes } = prepare()
    const rng = createRng(2)
    const inputs = Array.from({ length: RANDOM_INPUTS }, () =>
      Uint8Array.from({ length: inputBytes }, () => rng.int(256)),
    )
    const [result] = runHostFirmware([{ blob: packed.blob, arenaBytes: plan.arenaBytes, inputs, withOps: true }])
    const interpreter = createInterpreter(graph)
    inputs.forEach((input, i) => {
      const ops: string[] = []
      const [output] = interpreter.run([signed(input)], (_, data) => ops.push(hex(data as Int8Array)))
      const [boardOutput, ...boardOps] = result!.runs[i]!
      expect(boardOps.map(hex)).toEqual(ops)
      expect(hex(boardOutput!)).toBe(hex(output as Int8Array))
    })
  })

  test('the arena is small and the flash bytes add up', () => {
    const { plan, packed } = prepare()
    expect(plan.arenaBytes).toBeLessThanOrEqual(ARENA_LIMITS[model])
    expect(plan.arenaBytes).toBeGreaterThanOrEqual(plan.lowerBoundBytes)
    const { total, ...parts } = packed.flashBytes
    expect(Object.values(parts).reduce((sum, n) => sum + n, 0)).toBe(total)
    expect(packed.blob.length).toBe(total)
  })
})
