// One-op graphs of chosen shapes for the emitters' tests, with scales that use the output's range.

import { createRng, type Rng } from '../../src-main/base/rng.ts'
import type { AddLayer } from '../../src-main/codegen/kernels/add.ts'
import type { FullyConnectedLayer } from '../../src-main/codegen/kernels/fully-connected.ts'
import type { DirectConvolutionLayer } from '../../src-main/codegen/kernels/direct-convolution.ts'
import type { DepthwiseLayer } from '../../src-main/codegen/kernels/depthwise.ts'
import { planarLayout } from '../../src-main/codegen/kernels/planar.ts'
import type { PointwiseLayer } from '../../src-main/codegen/kernels/pointwise.ts'
import {
  elementCount,
  type Activation,
  type Add,
  type FullyConnected,
  type Conv2D,
  type DepthwiseConv2D,
  type Padding,
  type Graph,
  type Op,
  type Tensor,
} from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { addParams, convolutionParams, fullyConnectedShape } from '../../src-main/ir/quantized-params.ts'
import { shape4, windowGeometry } from '../../src-main/ir/shapes.ts'
import { constantOf } from '../../src-main/ir/tensor-access.ts'

export type NewOp<O = Op> = O extends Op ? Omit<O, 'inputs' | 'outputs'> : never

export interface WeightedLayerRequest {
  seed: number
  op: NewOp
  input: readonly number[]
  /** weights in TFLite's layout; the last or first dimension counts the outputs */
  weights: readonly number[]
  output: readonly number[]
  channels: number
  /** products that one output sums */
  taps: number
}

export const bytesOf = (values: Int8Array) => new Uint8Array(values.buffer, values.byteOffset, values.length)

export function randomInt8(rng: Rng, count: number, low = -128): Int8Array {
  return Int8Array.from({ length: count }, () => low + rng.int(128 - low))
}

const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)]!

/**
 * A layer whose accumulators spread over the int8 range and beyond. ReLU layers have zero point -128, as converters make
 * them; others any. The multiplier of each channel differs by up to a factor of four.
 */
export function weightedGraph({ seed, op, input, weights, output, channels, taps }: WeightedLayerRequest): Graph {
  const rng = createRng(seed)
  const activation = 'activation' in op ? op.activation : ('none' satisfies Activation)
  const isRelu = activation !== 'none'
  const outputScale = isRelu && activation === 'relu6' ? Math.fround(6 / 255) : Math.fround(rng.uniform(0.01, 0.2))
  // Products of uniform int8 have a deviation of about 74^2; 50 quanta of the output are to be one deviation.
  const deviation = 74 * 74 * Math.sqrt(taps)
  const inputScale = Math.fround(rng.uniform(0.01, 0.1))
  const weightScales = Array.from({ length: channels }, () =>
    Math.fround(((50 * outputScale) / (deviation * inputScale)) * 2 ** rng.uniform(-1, 1)),
  )
  const tensor = (name: string, shape: readonly number[], scale: number[], zeroPoint: number[], axis = 0): Tensor => ({
    ...{ name, shape, dtype: 'int8', quantization: { scale, zeroPoint, axis } },
  })
  const axis = op.kind === 'DEPTHWISE_CONV_2D' ? 3 : 0
  return {
    name: `layer-${seed}`,
    tensors: [
      tensor('input', input, [inputScale], [pick(rng, [-128, -128, 127, 0, rng.int(256) - 128])]),
      {
        ...tensor('weights', weights, weightScales, new Array<number>(channels).fill(0), axis),
        data: randomInt8(rng, elementCount(weights), -127),
      },
      {
        name: 'bias',
        shape: [channels],
        dtype: 'int32',
        quantization: {
          scale: weightScales.map((s) => Math.fround(s * inputScale)),
          zeroPoint: weightScales.map(() => 0),
          axis: 0,
        },
        data: Int32Array.from({ length: channels }, () => Math.round(rng.normal() * deviation)),
      },
      tensor('output', output, [outputScale], [isRelu ? -128 : rng.int(256) - 128]),
    ],
    ops: [{ ...op, inputs: [0, 1, 2], outputs: [3] }],
    inputs: [0],
    outputs: [3],
  }
}

/** An input that reaches both ends, and what the interpreter makes of it. */
export function expectedOutput(graph: Graph, seed: number): { input: Int8Array; expected: Int8Array } {
  const input = randomInt8(createRng(seed).fork('input'), elementCount(graph.tensors[graph.inputs[0]!]!.shape))
  const [expected] = createInterpreter(graph).run([input]) as [Int8Array]
  return { input, expected }
}

export interface PointwiseSize {
  height: number
  width: number
  inputs: number
  outputs: number
}

export const pointwiseGraph = (
  seed: number,
  { height, width, inputs, outputs }: PointwiseSize,
  activation: Activation,
): Graph =>
  weightedGraph({
    seed,
    op: {
      ...{ kind: 'CONV_2D', strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 },
      ...{ padding: 'same', activation },
    },
    input: [1, height, width, inputs],
    weights: [outputs, 1, 1, inputs],
    output: [1, height, width, outputs],
    ...{ channels: outputs, taps: inputs },
  })

export function pointwiseLayer(graph: Graph): PointwiseLayer {
  const op = graph.ops[0] as Conv2D
  const [batches, height, width, inputChannels] = shape4(graph.tensors[0]!.shape)
  return {
    ...{ pixels: batches * height * width, inputChannels, outputChannels: graph.tensors[3]!.shape[3]! },
    ...{ weights: constantOf(graph, op.inputs[1], Int8Array), params: convolutionParams(graph, op) },
  }
}

export interface ImageSize {
  height: number
  width: number
  channels: number
}

const outputSize = (input: number, stride: number, padding: Padding) =>
  Math.ceil((padding === 'same' ? input : input - 2) / stride)

/** 3x3, multiplier 1 */
export function depthwiseGraph(
  seed: number,
  { height, width, channels }: ImageSize,
  stride: 1 | 2,
  padding: Padding,
  activation: Activation,
): Graph {
  return weightedGraph({
    seed,
    op: {
      ...{ kind: 'DEPTHWISE_CONV_2D', strideH: stride, strideW: stride, dilationH: 1, dilationW: 1 },
      ...{ padding, multiplier: 1, activation },
    },
    input: [1, height, width, channels],
    weights: [1, 3, 3, channels],
    output: [1, outputSize(height, stride, padding), outputSize(width, stride, padding), channels],
    ...{ channels, taps: 9 },
  })
}

export function depthwiseLayer(graph: Graph): DepthwiseLayer {
  const op = graph.ops[0] as DepthwiseConv2D
  const g = windowGeometry(graph, op)
  const stride = g.strideH as 1 | 2
  const size = { outputHeight: g.outputH, outputWidth: g.outputW }
  return {
    ...{ planes: planarLayout(size, stride, { top: g.padTop, left: g.padLeft }), channels: g.outputC },
    ...{ inputHeight: g.inputH, inputWidth: g.inputW, ...size, stride, params: convolutionParams(graph, op) },
    weights: constantOf(graph, op.inputs[1], Int8Array),
  }
}

export interface Window {
  filterH: number
  filterW: number
  strideH: number
  strideW: number
  dilationH: number
  dilationW: number
  padding: Padding
  height: number
  width: number
  inputs: number
  outputs: number
}

const windowOutput = (padding: Padding, input: number, filter: number, stride: number, dilation: number) =>
  Math.ceil((padding === 'same' ? input : input - (filter - 1) * dilation) / stride)

/** `multiplier` outputs of each input channel */
export type DepthwiseWindow = Omit<Window, 'outputs'> & { multiplier: number }

export function depthwiseWindowGraph(seed: number, window: DepthwiseWindow, activation: Activation): Graph {
  const { filterH, filterW, strideH, strideW, dilationH, dilationW, padding, height, width, inputs, multiplier } =
    window
  const channels = inputs * multiplier
  return weightedGraph({
    seed,
    op: { kind: 'DEPTHWISE_CONV_2D', strideH, strideW, dilationH, dilationW, padding, multiplier, activation },
    input: [1, height, width, inputs],
    weights: [1, filterH, filterW, channels],
    output: [
      ...[1, windowOutput(padding, height, filterH, strideH, dilationH)],
      ...[windowOutput(padding, width, filterW, strideW, dilationW), channels],
    ],
    ...{ channels, taps: filterH * filterW },
  })
}

export function convolutionGraph(seed: number, window: Window, activation: Activation): Graph {
  const { filterH, filterW, strideH, strideW, dilationH, dilationW, padding, height, width, inputs, outputs } = window
  const size = (input: number, filter: number, stride: number, dilation: number) =>
    windowOutput(padding, input, filter, stride, dilation)
  return weightedGraph({
    seed,
    op: { kind: 'CONV_2D', strideH, strideW, dilationH, dilationW, padding, activation },
    input: [1, height, width, inputs],
    weights: [outputs, filterH, filterW, inputs],
    output: [1, size(height, filterH, strideH, dilationH), size(width, filterW, strideW, dilationW), outputs],
    ...{ channels: outputs, taps: filterH * filterW * inputs },
  })
}

export function convolutionLayer(graph: Graph): DirectConvolutionLayer {
  const op = graph.ops[0] as Conv2D
  return {
    geometry: windowGeometry(graph, op),
    weights: constantOf(graph, op.inputs[1], Int8Array),
    params: convolutionParams(graph, op),
  }
}

export const fullyConnectedGraph = (seed: number, inputs: number, outputs: number, activation: Activation): Graph =>
  weightedGraph({
    seed,
    op: { kind: 'FULLY_CONNECTED', activation, keepNumDims: false },
    ...{ input: [1, inputs], weights: [outputs, inputs], output: [1, outputs], channels: outputs, taps: inputs },
  })

export function fullyConnectedLayer(graph: Graph): FullyConnectedLayer {
  const op = graph.ops[0] as FullyConnected
  const { inputs, outputs } = fullyConnectedShape(graph, op)
  return { inputs, outputs, weights: constantOf(graph, op.inputs[1], Int8Array), params: convolutionParams(graph, op) }
}

/** Scales near each other, as residual branches have them. */
export function addGraph(rng: Rng, elements: number, activation: Activation): Graph {
  const [scaleA, scaleB] = [rng.uniform(0.02, 0.1), rng.uniform(0.02, 0.1)]
  const scaleOut = rng.uniform(0.6, 1.6) * Math.max(scaleA, scaleB)
  const tensor = (name: string, scale: number, zeroPoint: number): Tensor => ({
    ...{ name, shape: [1, elements], dtype: 'int8' },
    quantization: { scale: [Math.fround(scale)], zeroPoint: [zeroPoint], axis: 0 },
  })
  const zeroPoint = () => rng.int(256) - 128
  return {
    name: 'add',
    tensors: [
      tensor('a', scaleA, zeroPoint()),
      tensor('b', scaleB, zeroPoint()),
      tensor('sum', scaleOut, activation === 'relu' ? -128 : zeroPoint()),
    ],
    ops: [{ kind: 'ADD', activation, inputs: [0, 1], outputs: [2] }],
    inputs: [0, 1],
    outputs: [2],
  }
}

export const addLayer = (graph: Graph): AddLayer => ({
  elements: elementCount(graph.tensors[2]!.shape),
  params: addParams(graph, graph.ops[0] as Add),
})
