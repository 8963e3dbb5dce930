import { describe, expect, test } from 'vitest'
import { checkGraph, graphProblems } from '../../src-main/ir/check.ts'
import type { Graph, Op, Tensor } from '../../src-main/ir/graph.ts'
import { smallNetwork } from '../support/small-network.ts'

const sound = smallNetwork(1)
const conv = sound.ops.findIndex((op) => op.kind === 'CONV_2D')

const withOp = (index: number, change: object): Graph => ({
  ...sound,
  ops: sound.ops.map((op, i) => (i === index ? { ...op, ...change } : op)),
})

const withTensor = (id: number, change: Partial<Tensor>): Graph => ({
  ...sound,
  tensors: sound.tensors.map((tensor, i) => (i === id ? { ...tensor, ...change } : tensor)),
})

const op = sound.ops[conv]!
const [input, weights, bias] = op.inputs as [number, number, number]
const output = op.outputs[0]!
const channels = sound.tensors[bias]!.shape[0]!

test('a sound graph has no problems', () => {
  expect(graphProblems(sound)).toEqual([])
})

describe('every broken rule is named', () => {
  const q = sound.tensors[output]!.quantization!
  const cases: [string, Graph, string][] = [
    ['an unknown tensor', withOp(conv, { inputs: [input, 999, bias] }), 'CONV_2D names tensor 999'],
    ['a tensor written twice', { ...sound, ops: [...sound.ops, op] }, 'overwrites'],
    ['a tensor read too early', { ...sound, ops: sound.ops.toReversed() }, 'before it is written'],
    ['an output that nobody writes', { ...sound, ops: sound.ops.slice(0, -1) }, 'is never written'],
    ['no dimension', withTensor(output, { shape: [1, 0, 8, 6] }), 'has shape [1, 0, 8, 6]'],
    ['int8 without a scale', withTensor(output, { quantization: undefined }), 'is int8 without a scale'],
    ['a zero point out of range', withTensor(output, { quantization: { ...q, zeroPoint: [128] } }), 'beyond int8'],
    ['a scale of 0', withTensor(output, { quantization: { ...q, scale: [0] } }), 'not a positive float32'],
    ['a scale in double', withTensor(output, { quantization: { ...q, scale: [0.1] } }), 'not a positive float32'],
    ['too few values', withTensor(bias, { data: new Int32Array(1) }), `holds 1 values, its shape ${channels}`],
    ['values of another type', withTensor(bias, { data: new Float32Array(channels) }), 'holds a Float32Array'],
    ['a computed weight', withOp(conv, { inputs: [input, input, bias] }), 'input 1 has to be a constant'],
    ['a missing input', withOp(conv, { inputs: [input] }), 'has 1 inputs'],
    ['a wrong output shape', withOp(conv, { strideH: 1 }), 'CONV_2D: gives ['],
    ['a stride of 0', withOp(conv, { strideW: 0 }), 'strideW is 0'],
    ['a wrong type', withTensor(sound.inputs[0]!, { dtype: 'int16' }), 'QUANTIZE: does not take int16 to int8'],
    [
      'an asymmetric weight',
      withTensor(weights, {
        quantization: { ...sound.tensors[weights]!.quantization!, zeroPoint: Array<number>(channels).fill(1) },
      }),
      'not symmetric',
    ],
    [
      'a pool that would have to rescale',
      withTensor(sound.ops.find(({ kind }) => kind === 'MAX_POOL_2D')!.outputs[0]!, {
        quantization: { scale: [0.5], zeroPoint: [3], axis: 0 },
      }),
      'differ in scale or zero point',
    ],
    [
      'a softmax with a scale of its own',
      withTensor(sound.ops.find(({ kind }) => kind === 'SOFTMAX')!.outputs[0]!, {
        quantization: { scale: [0.5], zeroPoint: [-128], axis: 0 },
      }),
      '1/256',
    ],
  ]

  test.each(cases)('%s', (_, graph, problem) => {
    expect(graphProblems(graph).join('; ')).toContain(problem)
    expect(() => checkGraph(graph)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
  })
})

describe('element-wise ops', () => {
  const q = { scale: [0.5], zeroPoint: [3], axis: 0 }
  const int8 = (name: string, shape: number[], quantization = q): Tensor => ({
    name,
    shape,
    dtype: 'int8',
    quantization,
  })
  const problemsOf = (op: Op, tensors: Tensor[]) => {
    const ids = tensors.map((_, id) => id)
    return graphProblems({ name: 'one', tensors, ops: [op], inputs: ids.slice(0, -1), outputs: ids.slice(-1) }).join()
  }
  const unary = { inputs: [0], outputs: [1] }
  const binary = { inputs: [0, 1], outputs: [2] }
  const other = { ...q, scale: [0.25] }

  test.each<[string, Op, Tensor[], string]>([
    ['a LOGISTIC', { kind: 'LOGISTIC', ...unary }, [int8('x', [4]), int8('y', [4])], 'scale 1/256 and zero point -128'],
    ['a TANH', { kind: 'TANH', ...unary }, [int8('x', [4]), int8('y', [4])], 'scale 1/128 and zero point 0'],
    [
      'a MAXIMUM of another scale',
      { kind: 'MAXIMUM', ...binary },
      [int8('a', [4]), int8('b', [4], other), int8('y', [4])],
      'differ in scale',
    ],
    [
      'a slope for no channel',
      { kind: 'PRELU', ...binary },
      [int8('x', [4]), int8('slope', [3, 4]), int8('y', [3, 4])],
      "can't combine",
    ],
    ['a bend', { kind: 'LEAKY_RELU', ...unary, alpha: NaN }, [int8('x', [4]), int8('y', [4])], 'alpha is NaN'],
    [
      'scales for each channel',
      { kind: 'MUL', ...binary, activation: 'none' },
      [int8('a', [2]), int8('b', [2], { scale: [1, 2], zeroPoint: [0, 0], axis: 0 }), int8('y', [2])],
      'quantized per channel',
    ],
  ])('%s', (_, op, tensors, problem) => {
    expect(problemsOf(op, tensors)).toContain(problem)
  })
})

test('a window that does not fit is said to', () => {
  const graph = withOp(conv, { padding: 'valid', dilationH: 9 })
  expect(graphProblems(graph).join()).toContain('its window does not fit')
})
