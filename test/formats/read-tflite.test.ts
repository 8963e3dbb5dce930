import { describe, expect, test } from 'vitest'
import { AppError, type ErrorDto } from '../../src-main/base/errors.ts'
import { readModel } from '../../src-main/formats/read-model.ts'
import { builtinCode } from '../../src-main/formats/tflite/builtin-ops.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { TENSOR_TYPES } from '../../src-main/formats/tflite/schema.ts'
import { writeTflite } from '../../src-main/formats/tflite/write-tflite.ts'
import { hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'
import { randomInt8Graph } from '../support/random-graph.ts'
import { rawTflite, type RawFile } from '../support/raw-tflite.ts'
import { smallNetwork } from '../support/small-network.ts'

const type = (name: (typeof TENSOR_TYPES)[number]) => TENSOR_TYPES.indexOf(name)
const int8 = (shape: number[]) => ({ shape, type: type('int8'), scale: 0.5 })

function refusal(file: RawFile | Uint8Array): ErrorDto {
  try {
    readTflite(file instanceof Uint8Array ? file : rawTflite(file), 'model')
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown.toDto()
    throw thrown
  }
  throw new Error('was read')
}

describe('ops that are not supported', () => {
  const file: RawFile = {
    codes: [
      { builtin: builtinCode('ELU') },
      { builtin: builtinCode('CUSTOM'), custom: 'Detection_PostProcess' },
      { builtin: builtinCode('RELU') },
      { builtin: builtinCode('GELU') }, // beyond the codes that fit in a byte
      { builtin: 9999 },
    ],
    operators: [0, 2, 1, 0, 3, 4].map((code, i) => ({ code, inputs: [i], outputs: [i + 1] })),
    tensors: Array.from({ length: 7 }, () => int8([1, 4])),
    inputs: [0],
    outputs: [6],
  }

  test('are all named at once, with their count and place', () => {
    const error = refusal(file)
    expect(error.code).toBe('MODEL_OPS_UNSUPPORTED')
    expect(error.context?.ops).toEqual([
      { name: 'ELU', count: 2, indices: [0, 3] },
      { name: 'CUSTOM Detection_PostProcess', count: 1, indices: [2] },
      { name: 'GELU', count: 1, indices: [4] },
      { name: 'BUILTIN_9999', count: 1, indices: [5] },
    ])
    expect(error.message).toContain('ELU (2: op 0, 3); CUSTOM Detection_PostProcess (1: op 2)')
  })

  test('a fused TANH is one of them', () => {
    const error = refusal({
      codes: [{ builtin: builtinCode('ADD') }],
      operators: [{ code: 0, inputs: [0, 1], outputs: [2], optionsType: 11, int8Options: [4] }],
      tensors: [int8([1, 4]), int8([1, 4]), int8([1, 4])],
      inputs: [0, 1],
      outputs: [2],
    })
    expect(error.code).toBe('MODEL_OPS_UNSUPPORTED')
    expect(error.message).toContain('ADD with fused TANH (1: op 0)')
  })

  test('so are axes that are only known at run time', () => {
    const error = refusal({
      codes: [{ builtin: builtinCode('MEAN') }],
      operators: [{ code: 0, inputs: [0, 1], outputs: [2] }],
      tensors: [int8([1, 4]), { shape: [1], type: type('int32') }, int8([1])],
      inputs: [0, 1],
      outputs: [2],
    })
    expect(error.message).toContain('MEAN with computed axes')
  })
})

describe('types that are not supported', () => {
  const relu = (dtype: (typeof TENSOR_TYPES)[number]): RawFile => ({
    codes: [{ builtin: builtinCode('RELU') }],
    operators: [{ code: 0, inputs: [0], outputs: [1] }],
    tensors: [
      { shape: [1, 4], type: type(dtype), scale: 0.5, zeroPoint: 3 },
      { shape: [1, 4], type: type(dtype), scale: 0.5, zeroPoint: 3 },
    ],
    inputs: [0],
    outputs: [1],
  })

  test.each([
    ['uint8', 'int8 as inference type'],
    ['int16', '16x8'],
    ['float16', 'without float16'],
  ] as const)('%s, with advice', (dtype, advice) => {
    const error = refusal(relu(dtype))
    expect(error.code).toBe('MODEL_DTYPE_UNSUPPORTED')
    expect(error.message).toContain(`op 0 RELU takes ${dtype} to ${dtype}`)
    expect(error.hint).toContain(advice)
  })
})

describe('shapes', () => {
  test('a dynamic batch becomes 1', () => {
    const graph = readTflite(
      rawTflite({
        codes: [{ builtin: builtinCode('RELU') }],
        operators: [{ code: 0, inputs: [0], outputs: [1] }],
        tensors: [int8([-1, 4]), int8([-1, 4])],
        inputs: [0],
        outputs: [1],
      }),
      'model',
    )
    expect(graph.tensors.map(({ shape }) => shape)).toEqual([
      [1, 4],
      [1, 4],
    ])
  })

  test.each([
    ['int32', new Uint8Array(Int32Array.of(-1, 2).buffer)],
    ['int64', new Uint8Array(BigInt64Array.of(-1n, 2n).buffer)],
  ] as const)('RESHAPE takes an %s shape with one open dimension', (dtype, data) => {
    const graph = readTflite(
      rawTflite({
        codes: [{ builtin: builtinCode('RESHAPE') }],
        operators: [{ code: 0, inputs: [0, 1], outputs: [2] }],
        tensors: [int8([1, 6]), { shape: [2], type: type(dtype), data }, int8([3, 2])],
        inputs: [0],
        outputs: [2],
      }),
      'model',
    )
    expect(graph.tensors).toHaveLength(2)
    expect(graph.tensors[1]!.shape).toEqual([3, 2])
  })

  test('MEAN: negative and repeated axes are put in order', () => {
    const axes = new Uint8Array(Int32Array.of(-1, 1, 2).buffer)
    const graph = readTflite(
      rawTflite({
        codes: [{ builtin: builtinCode('MEAN') }],
        operators: [{ code: 0, inputs: [0, 1], outputs: [2] }],
        tensors: [int8([2, 3, 4]), { shape: [3], type: type('int32'), data: axes }, int8([2])],
        inputs: [0],
        outputs: [2],
      }),
      'model',
    )
    expect(graph.ops[0]).toMatchObject({ kind: 'MEAN', axes: [1, 2], keepDims: false })
  })
})

describe('damage', () => {
  const bytes = writeTflite(smallNetwork(1))

  test.each([
    ['nothing at all', new Uint8Array(0), 'only 0 bytes'],
    ['another file', new TextEncoder().encode('PK\x03\x04 this is a zip'), 'TFL3 is missing'],
    ['the first half', bytes.slice(0, bytes.length / 2), 'beyond the end of the file'],
    ['all but the last byte', bytes.slice(0, -1), 'beyond the end of the file'],
  ])('%s', (_, file, problem) => {
    const error = refusal(file)
    expect(error.code).toBe('MODEL_CORRUPT')
    expect(error.message).toContain(problem)
  })

  test('a constant of the wrong size is named', () => {
    const error = refusal({
      codes: [{ builtin: builtinCode('ADD') }],
      operators: [{ code: 0, inputs: [0, 1], outputs: [2], optionsType: 11 }],
      tensors: [int8([1, 4]), { ...int8([1, 4]), data: new Uint8Array(3) }, int8([1, 4])],
      inputs: [0],
      outputs: [2],
    })
    expect(error.code).toBe('MODEL_CORRUPT')
    expect(error.message).toContain('constant tensor 1 holds 3 bytes for 4 values of int8')
  })
})

describe('readModel', () => {
  test('goes by what is in the file', () => {
    const graph = randomInt8Graph(3, 'RELU')
    expect(readModel(writeTflite(graph), '/somewhere/net.bin')).toMatchObject({
      format: 'tflite',
      graph: { name: 'net.bin' },
    })
    expect(readModel(writeTflite(graph), 'C:\\models\\net.tflite').graph.name).toBe('net')
  })

  test('a file that is called .tflite but is not one is corrupt; any other is of unknown format', () => {
    const bytes = new TextEncoder().encode('not a model at all')
    expect(() => readModel(bytes, 'a.tflite')).toThrow(expect.objectContaining({ code: 'MODEL_CORRUPT' }))
    expect(() => readModel(bytes, 'a.txt')).toThrow(expect.objectContaining({ code: 'MODEL_FORMAT_UNKNOWN' }))
  })
})

describe.skipIf(!hasMlperfTiny)('MLPerf Tiny', () => {
  test('a dynamic-range model is read as float32', () => {
    const graph = readTflite(mlperfFile('kws_float32.tflite'), 'kws')
    expect(new Set(graph.tensors.map(({ dtype }) => dtype))).toEqual(new Set(['float32']))
  })
})
