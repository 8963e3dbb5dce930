// One random case of each op: any shape, stride, padding, dilation, zero point and multiplier the chip takes.

import type { Rng } from '../../src-main/base/rng.ts'
import { elementCount, type Op, type Quantization, type TensorId } from '../../src-main/ir/graph.ts'
import { windowOutputSize } from '../../src-main/ir/shapes.ts'
import {
  GraphBuilder,
  between,
  chance,
  pick,
  powerBetween,
  randomActivation,
  randomInt8,
  randomPadding,
  randomQuantization,
  randomShape,
  type RandomCase,
} from './random-graph.ts'
import { RANDOM_MOVES } from './random-moves.ts'

export const RANDOM_OPS = {
  CONV_2D: (rng: Rng) => convolution(rng, 'CONV_2D'),
  DEPTHWISE_CONV_2D: (rng: Rng) => convolution(rng, 'DEPTHWISE_CONV_2D'),
  FULLY_CONNECTED: fullyConnected,
  ADD: (rng: Rng) => binary(rng, 'ADD'),
  SUB: (rng: Rng) => binary(rng, 'SUB'),
  MUL: (rng: Rng) => binary(rng, 'MUL'),
  MINIMUM: (rng: Rng) => binary(rng, 'MINIMUM'),
  MAXIMUM: (rng: Rng) => binary(rng, 'MAXIMUM'),
  PRELU: prelu,
  ABS: (rng: Rng) => elementwise(rng, 'ABS'),
  HARD_SWISH: hardSwish,
  LEAKY_RELU: leakyRelu,
  LOGISTIC: (rng: Rng) => sigmoidal(rng, 'LOGISTIC', PROBABILITY),
  TANH: (rng: Rng) => sigmoidal(rng, 'TANH', PLUS_OR_MINUS_ONE),
  AVERAGE_POOL_2D: (rng: Rng) => pool(rng, 'AVERAGE_POOL_2D'),
  MAX_POOL_2D: (rng: Rng) => pool(rng, 'MAX_POOL_2D'),
  MEAN: mean,
  SOFTMAX: softmax,
  RESHAPE: reshape,
  RELU: (rng: Rng) => elementwise(rng, 'RELU'),
  RELU6: (rng: Rng) => elementwise(rng, 'RELU6'),
  'QUANTIZE int8': (rng: Rng) => elementwise(rng, 'QUANTIZE'),
  'QUANTIZE float32': quantizeFloat,
  DEQUANTIZE: dequantize,
  PAD: pad,
  ...RANDOM_MOVES,
  'CONCATENATION float32': (rng: Rng) => RANDOM_MOVES.CONCATENATION(rng, 'float32'),
  'SPLIT_V float32': (rng: Rng) => RANDOM_MOVES.SPLIT_V(rng, 'float32'),
  'TRANSPOSE float32': (rng: Rng) => RANDOM_MOVES.TRANSPOSE(rng, 'float32'),
  'STRIDED_SLICE float32': (rng: Rng) => RANDOM_MOVES.STRIDED_SLICE(rng, 'float32'),
} satisfies Record<string, (rng: Rng) => RandomCase>

/** A graph of one op: `make` adds its tensors and returns it. */
function single(rng: Rng, make: (build: GraphBuilder) => Op): RandomCase {
  const build = new GraphBuilder(rng)
  const op = make(build)
  build.ops.push(op)
  return build.finish(op.outputs)
}

/** Filter, stride, dilation and an input size into which the window fits. */
function windowAxis(rng: Rng, padding: 'same' | 'valid', dilated: boolean) {
  const filter = between(rng, 1, 4)
  const stride = between(rng, 1, 3)
  const dilation = dilated && chance(rng, 0.4) ? between(rng, 2, 3) : 1
  const least = padding === 'valid' ? (filter - 1) * dilation + 1 : 1
  const input = between(rng, least, least + 7)
  return { filter, stride, dilation, input, output: windowOutputSize(padding, input, filter, stride, dilation) }
}

function convolution(rng: Rng, kind: 'CONV_2D' | 'DEPTHWISE_CONV_2D') {
  return single(rng, (build) => {
    const padding = randomPadding(rng)
    const h = windowAxis(rng, padding, true)
    const w = windowAxis(rng, padding, true)
    const batches = between(rng, 1, 2)
    const inC = between(rng, 1, 9)
    const multiplier = pick(rng, [1, 1, 2, 3])
    const outC = kind === 'CONV_2D' ? between(rng, 1, 9) : inC * multiplier
    const input = build.input([batches, h.input, w.input, inC])
    const output = build.int8([batches, h.output, w.output, outC])
    const attributes = {
      outputs: [output],
      strideH: h.stride,
      strideW: w.stride,
      dilationH: h.dilation,
      dilationW: w.dilation,
      padding,
      activation: randomActivation(rng),
    }
    if (kind === 'CONV_2D') {
      const weights = build.weights([outC, h.filter, w.filter, inC], 0, outC, input, output)
      return { kind, inputs: [input, ...weights], ...attributes }
    }
    const weights = build.weights([1, h.filter, w.filter, outC], 3, outC, input, output)
    return { kind, inputs: [input, ...weights], multiplier, ...attributes }
  })
}

function fullyConnected(rng: Rng) {
  return single(rng, (build) => {
    const depth = between(rng, 1, 70)
    const outputs = between(rng, 1, 12)
    const rows = randomShape(rng, 0, 2, 3)
    const keepNumDims = chance(rng, 0.3)
    const input = build.input([...rows, depth])
    const output = build.int8(keepNumDims ? [...rows, outputs] : [elementCount(rows), outputs])
    return {
      kind: 'FULLY_CONNECTED',
      inputs: [input, ...build.weights([outputs, depth], 0, outputs, input, output)],
      outputs: [output],
      activation: randomActivation(rng),
      keepNumDims,
    }
  })
}

/** The shape with some dimensions 1, and leading ones left out. */
function broadcastable(rng: Rng, shape: readonly number[]): number[] {
  const from = chance(rng, 0.3) ? rng.int(shape.length + 1) : 0
  return shape.slice(from).map((dim) => (chance(rng, 0.3) ? 1 : dim))
}

function binary(rng: Rng, kind: 'ADD' | 'SUB' | 'MUL' | 'MINIMUM' | 'MAXIMUM') {
  return single(rng, (build) => {
    const shared = kind === 'MINIMUM' || kind === 'MAXIMUM' ? randomQuantization(rng) : undefined
    const shape = randomShape(rng, 0, 6, 4)
    const other = chance(rng, 0.4) ? shape : broadcastable(rng, shape)
    const whole = build.input(shape, shared)
    const constant = chance(rng, 0.2)
    const partial = constant
      ? build.add({
          shape: other,
          dtype: 'int8',
          quantization: shared ?? randomQuantization(rng),
          data: randomInt8(rng, elementCount(other)),
        })
      : build.input(other, shared)
    const operands = {
      inputs: chance(rng, 0.5) ? [whole, partial] : [partial, whole],
      outputs: [build.int8(shape, shared)],
    }
    if (kind === 'MINIMUM' || kind === 'MAXIMUM') return { kind, ...operands }
    return { kind, ...operands, activation: randomActivation(rng) }
  })
}

function pool(rng: Rng, kind: 'AVERAGE_POOL_2D' | 'MAX_POOL_2D') {
  return single(rng, (build) => {
    const padding = randomPadding(rng)
    const h = windowAxis(rng, padding, false)
    const w = windowAxis(rng, padding, false)
    const batches = between(rng, 1, 2)
    const channels = between(rng, 1, 6)
    const quantization = randomQuantization(rng)
    return {
      kind,
      inputs: [build.input([batches, h.input, w.input, channels], quantization)],
      outputs: [build.int8([batches, h.output, w.output, channels], quantization)],
      strideH: h.stride,
      strideW: w.stride,
      filterH: h.filter,
      filterW: w.filter,
      padding,
      activation: randomActivation(rng),
    }
  })
}

function mean(rng: Rng) {
  return single(rng, (build) => {
    const shape = randomShape(rng, 1, 6)
    const axes = shape.flatMap((_, axis) => (chance(rng, 0.5) ? [axis] : []))
    const keepDims = chance(rng, 0.5)
    const kept = keepDims
      ? shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
      : shape.filter((_, axis) => !axes.includes(axis))
    return { kind: 'MEAN', inputs: [build.input(shape)], outputs: [build.int8(kept)], axes, keepDims }
  })
}

function prelu(rng: Rng) {
  return single(rng, (build) => {
    const shape = randomShape(rng, 0, 6, 4)
    const slopeShape = chance(rng, 0.3) ? shape : broadcastable(rng, shape)
    const slope = build.add({
      shape: slopeShape,
      dtype: 'int8',
      quantization: randomQuantization(rng),
      data: randomInt8(rng, elementCount(slopeShape)),
    })
    return { kind: 'PRELU', inputs: [build.input(shape), slope], outputs: [build.int8(shape)] }
  })
}

/** From one scale to another within the reach of the 16-bit arithmetic. */
function hardSwish(rng: Rng) {
  return single(rng, (build) => {
    const shape = randomShape(rng, 0, 6)
    const input = build.input(shape, randomQuantization(rng, -8, 6))
    const scale = Math.fround(build.scaleOf(input) * powerBetween(rng, -6.9, 8))
    const output = build.int8(shape, { ...randomQuantization(rng), scale: [scale] })
    return { kind: 'HARD_SWISH', inputs: [input], outputs: [output] }
  })
}

function leakyRelu(rng: Rng) {
  return single(rng, (build) => {
    const shape = randomShape(rng, 0, 6)
    const alpha = Math.fround(pick(rng, [0, 0.01, rng.uniform(-2, 2)]))
    return { kind: 'LEAKY_RELU', inputs: [build.input(shape)], outputs: [build.int8(shape)], alpha }
  })
}

function sigmoidal(rng: Rng, kind: 'LOGISTIC' | 'TANH', output: Quantization) {
  return single(rng, (build) => {
    const shape = randomShape(rng, 0, 6)
    return { kind, inputs: [build.input(shape, randomQuantization(rng, -10, 5))], outputs: [build.int8(shape, output)] }
  })
}

const PLUS_OR_MINUS_ONE: Quantization = { scale: [1 / 128], zeroPoint: [0], axis: 0 }

const PROBABILITY: Quantization = { scale: [1 / 256], zeroPoint: [-128], axis: 0 }

function softmax(rng: Rng) {
  return single(rng, (build) => {
    const depth = chance(rng, 0.1) ? between(rng, 400, 1200) : between(rng, 1, 40)
    const shape = [...randomShape(rng, 0, 3, 3), depth]
    return {
      kind: 'SOFTMAX',
      inputs: [build.input(shape, { ...randomQuantization(rng), scale: [powerBetween(rng, -12, 4)] })],
      outputs: [build.int8(shape, PROBABILITY)],
      beta: chance(rng, 0.7) ? 1 : powerBetween(rng, -2, 2),
    }
  })
}

/** RESHAPE shares its input's place, so something has to come before and after it. */
function reshape(rng: Rng) {
  const build = new GraphBuilder(rng)
  const shape = randomShape(rng, 1, 6)
  const relu = (from: TensorId) => {
    const to = build.int8(build.tensors[from]!.shape)
    build.ops.push({ kind: 'RELU', inputs: [from], outputs: [to] })
    return to
  }
  const reshapeTo = (from: TensorId, to: readonly number[]) => {
    const result = build.add({ ...build.tensors[from]!, shape: to })
    build.ops.push({ kind: 'RESHAPE', inputs: [from], outputs: [result] })
    return result
  }
  const shaped = reshapeTo(chance(rng, 0.5) ? build.input(shape) : relu(build.input(shape)), [elementCount(shape)])
  const again = reshapeTo(shaped, [...shape].reverse())
  return build.finish(chance(rng, 0.5) ? [relu(again)] : [again, shaped])
}

function elementwise(rng: Rng, kind: 'RELU' | 'RELU6' | 'QUANTIZE' | 'ABS') {
  return single(rng, (build) => {
    const shape = randomShape(rng, 0, 6)
    return { kind, inputs: [build.input(shape)], outputs: [build.int8(shape)] }
  })
}

function quantizeFloat(rng: Rng) {
  return single(rng, (build) => {
    const shape = randomShape(rng, 0, 4)
    return { kind: 'QUANTIZE', inputs: [build.floatInput(shape)], outputs: [build.int8(shape)] }
  })
}

function dequantize(rng: Rng) {
  return single(rng, (build) => {
    const shape = randomShape(rng, 0, 4)
    const output = build.add({ shape, dtype: 'float32' })
    return { kind: 'DEQUANTIZE', inputs: [build.input(shape)], outputs: [output] }
  })
}

function pad(rng: Rng) {
  return single(rng, (build) => {
    const shape = randomShape(rng, 1, 6, 4)
    const paddings = shape.map((): [number, number] =>
      chance(rng, 0.5) ? [0, 0] : [between(rng, 0, 2), between(rng, 0, 2)],
    )
    const quantization = randomQuantization(rng)
    return {
      kind: 'PAD',
      inputs: [build.input(shape, quantization)],
      outputs: [
        build.int8(
          shape.map((dim, d) => dim + paddings[d]![0] + paddings[d]![1]),
          quantization,
        ),
      ],
      paddings,
    }
  })
}
