// Random small graphs of one op each, for property tests: any shape, stride, padding, dilation, batch, zero point,
// scale and activation that the op allows, and inputs that reach saturation. All drawn from a seeded generator.

import { createRng, type Rng } from '../../src-main/base/rng.ts'
import {
  elementCount,
  type Activation,
  type Graph,
  type Op,
  type OpKind,
  type Padding,
  type Quantization,
  type Tensor,
} from '../../src-main/ir/graph.ts'
import { opRow } from '../../src-main/ir/op-table.ts'
import { RANDOM_MOVES } from '../firmware/random-moves.ts'

/** Every op that the int8 path runs, with QUANTIZE and DEQUANTIZE in each of their forms. */
export const RANDOM_OPS = [
  'CONV_2D',
  'DEPTHWISE_CONV_2D',
  'FULLY_CONNECTED',
  'ADD',
  'SUB',
  'MUL',
  'MINIMUM',
  'MAXIMUM',
  'PRELU',
  'ABS',
  'HARD_SWISH',
  'LEAKY_RELU',
  'LOGISTIC',
  'TANH',
  'AVERAGE_POOL_2D',
  'MAX_POOL_2D',
  'MEAN',
  'SOFTMAX',
  'RESHAPE',
  'RELU',
  'RELU6',
  'QUANTIZE',
  'DEQUANTIZE',
  'PAD',
  'CONCATENATION',
  'SPLIT',
  'SPLIT_V',
  'SQUEEZE',
  'EXPAND_DIMS',
  'TRANSPOSE',
  'STRIDED_SLICE',
] as const satisfies readonly OpKind[]

const between = (rng: Rng, low: number, high: number) => low + rng.int(high - low + 1)
const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)]!
const chance = (rng: Rng, probability: number) => rng.float() < probability

/** Log-uniform, as a float32 value. */
const randomScale = (rng: Rng, low: number, high: number) =>
  Math.fround(Math.exp(rng.uniform(Math.log(low), Math.log(high))))

const randomZeroPoint = (rng: Rng) => (chance(rng, 0.2) ? pick(rng, [-128, 127, 0]) : between(rng, -128, 127))

const perTensor = (scale: number, zeroPoint: number): Quantization => ({
  scale: [scale],
  zeroPoint: [zeroPoint],
  axis: 0,
})

const randomQuantization = (rng: Rng) => perTensor(randomScale(rng, 0.002, 0.5), randomZeroPoint(rng))

/** Bytes of one of four tempers: anything, near one end, both ends only, or quiet around a value. */
function randomInt8(rng: Rng, count: number): Int8Array {
  const temper = rng.int(4)
  const centre = between(rng, -128, 127)
  return Int8Array.from({ length: count }, () => {
    if (temper === 0) return between(rng, -128, 127)
    if (temper === 1) return pick(rng, [-128, 127])
    if (temper === 2) return Math.max(-128, Math.min(127, centre + between(rng, -6, 6)))
    return between(rng, 100, 127) * (centre < 0 ? -1 : 1)
  })
}

/** Weights keep out of -128, as the quantization spec has it. */
const randomWeights = (rng: Rng, count: number) => randomInt8(rng, count).map((value) => Math.max(-127, value))

const int8Tensor = (name: string, shape: readonly number[], quantization: Quantization): Tensor => ({
  name,
  shape,
  dtype: 'int8',
  quantization,
})

const randomActivation = (rng: Rng): Activation => pick(rng, ['none', 'none', 'relu', 'relu6', 'relu_n1_to_1'])
const randomPadding = (rng: Rng): Padding => pick(rng, ['same', 'valid'])

const imageShape = (rng: Rng) => [between(rng, 1, 3), between(rng, 1, 9), between(rng, 1, 9), between(rng, 1, 9)]
const anyShape = (rng: Rng) => Array.from({ length: between(rng, 1, 4) }, () => between(rng, 1, 6))

/** A graph of one int8 op (QUANTIZE and DEQUANTIZE touch float32), valid by construction. */
export function randomInt8Graph(seed: number, kind: OpKind): Graph {
  const rng = createRng(seed).fork(kind)
  switch (kind) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D':
      return randomConvolution(rng, kind)
    case 'FULLY_CONNECTED':
      return randomFullyConnected(rng)
    case 'ADD':
    case 'SUB':
    case 'MUL':
      return randomArithmetic(rng, kind)
    case 'MINIMUM':
    case 'MAXIMUM':
      return randomExtremum(rng, kind)
    case 'PRELU':
      return randomPrelu(rng)
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      return randomPool(rng, kind)
    case 'SOFTMAX':
      return randomSoftmax(rng)
    case 'CONCATENATION':
    case 'SPLIT':
    case 'SPLIT_V':
    case 'SQUEEZE':
    case 'EXPAND_DIMS':
    case 'TRANSPOSE':
    case 'STRIDED_SLICE':
      return RANDOM_MOVES[kind](rng).graph
    default:
      return randomUnary(rng, kind)
  }
}

/** Values for the graph's inputs. */
export function randomInputs(seed: number, graph: Graph): (Int8Array | Float32Array)[] {
  const rng = createRng(seed).fork('inputs')
  return graph.inputs.map((id) => {
    const { shape, dtype } = graph.tensors[id]!
    const count = elementCount(shape)
    return dtype === 'float32' ? randomFloats(rng, count) : randomInt8(rng, count)
  })
}

function randomFloats(rng: Rng, count: number): Float32Array {
  const size = randomScale(rng, 0.01, 100)
  return Float32Array.from({ length: count }, () => rng.normal() * size)
}

type OpAttributes<O = Op> = O extends Op ? Omit<O, 'inputs' | 'outputs'> : never

/** RESHAPE alone brings a shape of its own. */
type OutputTensor = Omit<Tensor, 'shape'> & { shape?: readonly number[] }

/** Puts the inputs, constants and the output together; the output's shape comes from the op table. */
function oneOp(op: OpAttributes, operands: readonly Tensor[], output: OutputTensor): Graph {
  const ids = operands.map((_, i) => i)
  const full = { ...op, inputs: ids, outputs: [operands.length] } as Op
  const shapes = operands.map((tensor) => tensor.shape)
  const shape = opRow(full).shape(full, shapes, output.shape ?? [])
  if (shape === undefined) throw new Error(`random ${op.kind} can't combine ${JSON.stringify(shapes)}`)
  return {
    name: `random-${op.kind}`,
    tensors: [...operands, { ...output, shape }],
    ops: [full],
    inputs: ids.filter((id) => operands[id]!.data === undefined),
    outputs: [operands.length],
  }
}

/** Weights and a bias whose sums use the output's range, so that clamps and roundings all get work. */
function weightedOperands(rng: Rng, inputQ: Quantization, shape: readonly number[], axis: number, taps: number) {
  const channels = shape[axis]!
  const perChannel = chance(rng, 0.8)
  const scale = Array.from({ length: perChannel ? channels : 1 }, () => randomScale(rng, 0.0005, 0.05))
  const weights: Tensor = {
    name: 'weights',
    shape,
    dtype: 'int8',
    data: randomWeights(rng, elementCount(shape)),
    quantization: { scale, zeroPoint: scale.map(() => 0), axis: perChannel ? axis : 0 },
  }
  const bias: Tensor = {
    name: 'bias',
    shape: [channels],
    dtype: 'int32',
    data: Int32Array.from({ length: channels }, () => Math.round(rng.normal() * 2000 * Math.sqrt(taps))),
    quantization: {
      scale: scale.map((s) => Math.fround(s * inputQ.scale[0]!)),
      zeroPoint: scale.map(() => 0),
      axis: 0,
    },
  }
  const typical = Math.max(...scale) * inputQ.scale[0]! * 4000 * Math.sqrt(taps)
  const outputQ = perTensor(Math.fround((typical * rng.uniform(0.2, 4)) / 127), randomZeroPoint(rng))
  return { operands: chance(rng, 0.8) ? [weights, bias] : [weights], outputQ }
}

function randomConvolution(rng: Rng, kind: 'CONV_2D' | 'DEPTHWISE_CONV_2D'): Graph {
  const inputQ = randomQuantization(rng)
  const [batches = 1, height = 1, width = 1, channels = 1] = imageShape(rng)
  const padding = randomPadding(rng)
  const dilated = chance(rng, 0.2)
  const [dilationH, dilationW] = dilated ? [between(rng, 1, 2), between(rng, 1, 2)] : [1, 1]
  const fit = (size: number, dilation: number) =>
    between(rng, 1, padding === 'same' ? 5 : Math.max(1, Math.min(5, Math.floor((size - 1) / dilation) + 1)))
  const [kernelH, kernelW] = [fit(height, dilationH), fit(width, dilationW)]
  const multiplier = kind === 'CONV_2D' ? 1 : between(rng, 1, 3)
  const outChannels = kind === 'CONV_2D' ? between(rng, 1, 9) : channels * multiplier
  const shape = kind === 'CONV_2D' ? [outChannels, kernelH, kernelW, channels] : [1, kernelH, kernelW, outChannels]
  const taps = kernelH * kernelW * (kind === 'CONV_2D' ? channels : 1)
  const { operands, outputQ } = weightedOperands(rng, inputQ, shape, kind === 'CONV_2D' ? 0 : 3, taps)
  const common = {
    strideH: dilated ? 1 : between(rng, 1, 3),
    strideW: dilated ? 1 : between(rng, 1, 3),
    dilationH,
    dilationW,
    padding,
    activation: randomActivation(rng),
  }
  const input = int8Tensor('input', [batches, height, width, channels], inputQ)
  const op = kind === 'CONV_2D' ? { kind, ...common } : { kind, ...common, multiplier }
  return oneOp(op, [input, ...operands], { name: 'output', dtype: 'int8', quantization: outputQ })
}

function randomFullyConnected(rng: Rng): Graph {
  const inputQ = randomQuantization(rng)
  const [batches, inputs, outputs] = [between(rng, 1, 4), between(rng, 1, 70), between(rng, 1, 20)]
  const { operands, outputQ } = weightedOperands(rng, inputQ, [outputs, inputs], 0, inputs)
  const keepNumDims = chance(rng, 0.3)
  const input = int8Tensor('input', keepNumDims ? [batches, 1, inputs] : [batches, inputs], inputQ)
  const op = { kind: 'FULLY_CONNECTED' as const, activation: randomActivation(rng), keepNumDims }
  return oneOp(op, [input, ...operands], { name: 'output', dtype: 'int8', quantization: outputQ })
}

/** A shape, and another that is broadcast to it or the same. */
function broadcastShapes(rng: Rng): [number[], number[]] {
  const shape = anyShape(rng)
  const form = rng.int(4)
  const other =
    form === 0
      ? shape.map((dim) => (chance(rng, 0.5) ? 1 : dim))
      : form === 1
        ? shape.slice(rng.int(shape.length))
        : [...shape]
  return [shape, other]
}

function randomArithmetic(rng: Rng, kind: 'ADD' | 'SUB' | 'MUL'): Graph {
  const [shape, other] = broadcastShapes(rng)
  const [a, b] = [randomQuantization(rng), randomQuantization(rng)]
  // so that most results fit: as far as both reach together
  const reach = kind === 'MUL' ? 127 * a.scale[0]! * b.scale[0]! : a.scale[0]! + b.scale[0]!
  const range = Math.fround(reach * rng.uniform(0.3, 1.5))
  const tensors = [int8Tensor('a', shape, a), int8Tensor('b', other, b)]
  if (chance(rng, 0.2)) tensors[1] = { ...tensors[1]!, data: randomInt8(rng, elementCount(other)) }
  if (chance(rng, 0.5)) tensors.reverse()
  const output = { name: 'output', dtype: 'int8', quantization: perTensor(range, randomZeroPoint(rng)) } as const
  return oneOp({ kind, activation: randomActivation(rng) }, tensors, output)
}

function randomExtremum(rng: Rng, kind: 'MINIMUM' | 'MAXIMUM'): Graph {
  const [shape, other] = broadcastShapes(rng)
  const q = randomQuantization(rng)
  const tensors = [int8Tensor('a', shape, q), int8Tensor('b', other, q)]
  if (chance(rng, 0.2)) tensors[1] = { ...tensors[1]!, data: randomInt8(rng, elementCount(other)) }
  return oneOp({ kind }, tensors, { name: 'output', dtype: 'int8', quantization: q })
}

/** A slope a channel, shared over the others, as converters write it. */
function randomPrelu(rng: Rng): Graph {
  const shape = anyShape(rng)
  const q = randomQuantization(rng)
  const slopes = shape.map((dim, axis) => (axis === shape.length - 1 ? dim : 1)).slice(1)
  const slope = {
    ...int8Tensor('slope', slopes, perTensor(randomScale(rng, 0.001, 0.01), randomZeroPoint(rng))),
    data: randomInt8(rng, elementCount(slopes)),
  }
  const nearby = perTensor(Math.fround(q.scale[0]! * randomScale(rng, 0.25, 4)), randomZeroPoint(rng))
  const output = { name: 'output', dtype: 'int8', quantization: nearby } as const
  return oneOp({ kind: 'PRELU' }, [int8Tensor('input', shape, q), slope], output)
}

function randomPool(rng: Rng, kind: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D'): Graph {
  const shape = imageShape(rng)
  const padding = randomPadding(rng)
  const fit = (size: number) => between(rng, 1, Math.min(5, size))
  const q = randomQuantization(rng)
  const op = {
    kind,
    strideH: between(rng, 1, 3),
    strideW: between(rng, 1, 3),
    filterH: fit(shape[1]!),
    filterW: fit(shape[2]!),
    padding,
    activation: randomActivation(rng),
  }
  return oneOp(op, [int8Tensor('input', shape, q)], { name: 'output', dtype: 'int8', quantization: q })
}

function randomSoftmax(rng: Rng): Graph {
  const shape = [...anyShape(rng).slice(0, 2), between(rng, 1, chance(rng, 0.1) ? 600 : 24)]
  const input = int8Tensor('input', shape, perTensor(randomScale(rng, 0.001, 1), randomZeroPoint(rng)))
  const output = { name: 'output', dtype: 'int8', quantization: perTensor(1 / 256, -128) } as const
  return oneOp({ kind: 'SOFTMAX', beta: chance(rng, 0.7) ? 1 : randomScale(rng, 0.3, 3) }, [input], output)
}

type Unary =
  | ('MEAN' | 'RESHAPE' | 'PAD' | 'QUANTIZE' | 'DEQUANTIZE' | 'RELU' | 'RELU6')
  | ('ABS' | 'HARD_SWISH' | 'LEAKY_RELU' | 'LOGISTIC' | 'TANH')

function randomUnary(rng: Rng, kind: Unary): Graph {
  const q = randomQuantization(rng)
  const shape = anyShape(rng)
  const input = int8Tensor('input', shape, q)
  const nearby = perTensor(Math.fround(q.scale[0]! * randomScale(rng, 0.25, 4)), randomZeroPoint(rng))
  const output = { name: 'output', dtype: 'int8', quantization: q } as const
  switch (kind) {
    case 'MEAN': {
      const axes = shape.map((_, axis) => axis).filter(() => chance(rng, 0.5))
      if (axes.length === 0) axes.push(rng.int(shape.length))
      const op = { kind, axes, keepDims: chance(rng, 0.5) }
      return oneOp(op, [input], chance(rng, 0.5) ? output : { ...output, quantization: nearby })
    }
    case 'RESHAPE': {
      const count = elementCount(shape)
      const first = pick(
        rng,
        Array.from({ length: count }, (_, i) => i + 1).filter((divisor) => count % divisor === 0),
      )
      return oneOp({ kind }, [input], { ...output, shape: [first, count / first] })
    }
    case 'PAD': {
      const paddings = shape.map(() => [between(rng, 0, 2), between(rng, 0, 2)] as const)
      return oneOp({ kind, paddings }, [input], output)
    }
    case 'QUANTIZE':
      if (chance(rng, 0.5)) return oneOp({ kind }, [input], { ...output, quantization: nearby })
      return oneOp({ kind }, [{ name: 'input', shape, dtype: 'float32' }], output)
    case 'DEQUANTIZE':
      return oneOp({ kind }, [input], { name: 'output', dtype: 'float32' })
    case 'LEAKY_RELU': {
      const alpha = Math.fround(pick(rng, [0, 0.01, 0.2, rng.uniform(-0.5, 1.5)]))
      return oneOp({ kind, alpha }, [input], { ...output, quantization: nearby })
    }
    case 'LOGISTIC':
      return oneOp({ kind }, [input], { ...output, quantization: perTensor(1 / 256, -128) })
    case 'TANH':
      return oneOp({ kind }, [input], { ...output, quantization: perTensor(1 / 128, 0) })
    default:
      return oneOp({ kind }, [input], { ...output, quantization: nearby })
  }
}
