import { describe, expect, test } from 'vitest'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { convolutionParams, softmaxParams } from '../../src-main/ir/quantized-params.ts'
import type { Conv2D, Graph, Softmax } from '../../src-main/ir/graph.ts'
import { CONSTANT_BIT, layoutBytes, RECORDS } from '../../src-main/pack/layout.ts'
import { readPackedModel } from '../../src-main/pack/reader.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { SMALL_MODEL } from './small-model.ts'

const BOARD = findBoardData('stm32f407')!
const pack = (graph: Graph) => packModel(planModel(graph, BOARD))

describe('a packed model', () => {
  const packed = pack(SMALL_MODEL)
  const read = readPackedModel(packed.blob)

  test('reads back as it was written', () => {
    expect(read.modelId).toBe(packed.modelId)
    expect(read.records.map((record) => [record.opIndex, record.kind])).toEqual([
      [0, 'CONV_2D'],
      [1, 'COPY'],
      [2, 'FULLY_CONNECTED'],
      [3, 'SOFTMAX'],
    ])
    expect(read.inputs).toHaveLength(1)
    expect(read.inputs[0]).toMatchObject({ dtype: 1, scale: 0.5, zero_point: 3, rank: 4, dims: [1, 4, 4, 2, 1, 1] })
    expect(read.outputs[0]).toMatchObject({ scale: 1 / 256, zero_point: -128, rank: 2, dims: [1, 3, 1, 1, 1, 1] })
  })

  test("holds the interpreter's own constants", () => {
    const [conv, , , softmax] = read.records
    if (conv?.kind !== 'CONV_2D' || softmax?.kind !== 'SOFTMAX') throw new Error('records in another order')
    const params = convolutionParams(SMALL_MODEL, SMALL_MODEL.ops[0] as Conv2D)
    const int32At = ({ offset, bytes }: { offset: number; bytes: number }) =>
      new Int32Array(read.constants.slice(offset - CONSTANT_BIT, offset - CONSTANT_BIT + bytes).buffer)
    expect(int32At(conv.fields.multiplier)).toEqual(params.multipliers)
    expect(int32At(conv.fields.bias)).toEqual(Int32Array.of(-500, 1200))
    expect(conv.fields).toMatchObject({ input_offset: -3, output_offset: -128, pad_top: 1, activation_min: -128 })
    const { inputMultiplier, diffMin } = softmaxParams(SMALL_MODEL, SMALL_MODEL.ops[3] as Softmax)
    expect(softmax.fields).toMatchObject({ input_multiplier: inputMultiplier, diff_min: diffMin })
  })

  test('counts its flash bytes by use', () => {
    const { weights, biases, quantization, plan, header, total } = packed.flashBytes
    expect(weights).toBe(36 + 96)
    expect(biases).toBe(8 + 12) // the matrix product has no bias: zeros stand in
    expect(quantization).toBe(8 + 4 + 4 + 4) // two channels of the convolution, one multiplier of the matrix; shifts padded
    const kinds = ['CONV_2D', 'COPY', 'FULLY_CONNECTED', 'SOFTMAX'] as const
    expect(plan).toBe(kinds.reduce((sum, kind) => sum + layoutBytes(RECORDS[kind]), 0))
    expect(weights + biases + quantization + plan + header).toBe(total)
    expect(packed.blob).toHaveLength(total)
  })

  test('holds the machine code of generated kernels, each entered at a word', () => {
    const plan = planModel(SMALL_MODEL, BOARD, { kernels: 'generated' })
    const generated = packModel(plan)
    const { records, code, constants } = readPackedModel(generated.blob)
    expect(records.map(({ kind }) => kind)).toEqual(['GENERATED', 'COPY', 'GENERATED', 'SOFTMAX'])
    for (const record of records) {
      const kernel = plan.kernels[record.opIndex]!
      if (record.kind !== 'GENERATED' || kernel.source !== 'generated') continue
      const { entry, constants: at } = record.fields
      const { kernel: emitted } = kernel.emitted
      expect(entry % 4).toBe(0)
      expect(code.slice(entry, entry + emitted.code.bytes.length)).toEqual(emitted.code.bytes)
      expect(constants.slice(at.offset - CONSTANT_BIT).subarray(0, at.bytes)).toEqual(emitted.constants)
    }
    const { total, ...parts } = generated.flashBytes
    expect(parts.code).toBe(code.length)
    expect(Object.values(parts).reduce((sum, n) => sum + n, 0)).toBe(total)
    expect(read.code).toHaveLength(0)
  })

  test('is the same for the same model and has another id for other weights', () => {
    expect(pack(SMALL_MODEL).blob).toEqual(packed.blob)
    const tensors = SMALL_MODEL.tensors.map((tensor) =>
      tensor.name === 'bias' ? { ...tensor, data: Int32Array.of(-500, 1201) } : tensor,
    )
    expect(pack({ ...SMALL_MODEL, tensors }).modelId).not.toBe(packed.modelId)
  })

  test('keeps one copy of constants that are alike', () => {
    const twice: Graph = {
      ...SMALL_MODEL,
      tensors: [...SMALL_MODEL.tensors, { ...SMALL_MODEL.tensors[3]!, name: 'again' }],
      ops: [...SMALL_MODEL.ops, { ...SMALL_MODEL.ops[0]!, outputs: [8] }],
      outputs: [7, 8],
    }
    expect(pack(twice).flashBytes.weights).toBe(packed.flashBytes.weights)
  })

  test.each([
    ['cut short', (blob: Uint8Array) => blob.subarray(0, blob.length - 1), /bytes and not/],
    ['cut to a stump', (blob: Uint8Array) => blob.subarray(0, 20), /header are cut short/],
    ['with a flipped bit', (blob: Uint8Array) => blob.map((b, i) => (i === 300 ? b ^ 4 : b)), /CRC-32/],
    ['of another version', (blob: Uint8Array) => blob.map((b, i) => (i === 4 ? 99 : b)), /version is 99/],
    ['that is none', (blob: Uint8Array) => blob.map(() => 0xff), /magic/],
  ])('%s is called damaged', (_what, damage, message) => {
    expect(() => readPackedModel(damage(packed.blob))).toThrowError(
      expect.objectContaining({ code: 'MODEL_CORRUPT', message: expect.stringMatching(message) as string }),
    )
  })
})

describe('the accumulator proof', () => {
  const withBias = (value: number): Graph => ({
    ...SMALL_MODEL,
    tensors: SMALL_MODEL.tensors.map((tensor) =>
      tensor.name === 'bias' ? { ...tensor, data: Int32Array.of(0, value) } : tensor,
    ),
  })
  // The farthest input is 131 quanta from its zero point of 3; no shift to the left follows.
  const magnitude = (SMALL_MODEL.tensors[1]!.data as Int8Array).subarray(18).reduce((sum, w) => sum + Math.abs(w), 0)
  const room = 2147483647 - magnitude * 131

  test('accepts the largest bias that can never overflow', () => {
    expect(() => pack(withBias(room))).not.toThrow()
  })

  test('refuses one more, naming layer and channel', () => {
    expect(() => pack(withBias(room + 1))).toThrowError(
      expect.objectContaining({
        code: 'ACCUMULATOR_OVERFLOW',
        message: expect.stringMatching(/Layer 0 \(CONV_2D, output features\): channel 1/) as string,
      }),
    )
  })

  test('counts the shift to the left that may follow', () => {
    const tensors = withBias(2 ** 27).tensors.map((tensor) =>
      tensor.name === 'features' || tensor.name === 'flat'
        ? { ...tensor, quantization: { ...tensor.quantization!, scale: [2 ** -12] } }
        : tensor,
    )
    expect(() => pack({ ...SMALL_MODEL, tensors })).toThrowError(
      expect.objectContaining({ code: 'ACCUMULATOR_OVERFLOW' }),
    )
  })
})
