// Between which values each channel of an activation lies, whatever the inputs are: intervals taken through the graph, op by
// op, in the very integers that the kernels compute. The channels of a tensor are its last dimension.
//
// An int8 op is monotone in each accumulator: its multiplier is not negative, and both roundings keep order. So the ends of
// an accumulator's interval give the ends of the output's, as long as no step of the way wraps around at 32 bits.

import { multiplyByQuantizedMultiplier } from '../../ir/fixed-point.ts'
import type { Add, Graph, Mean, Op, Tensor, TensorId, TransposeConv } from '../../ir/graph.ts'
import { createInterpreter } from '../../ir/interpreter/interpreter.ts'
import { requantize } from '../../ir/interpreter/int8-requantize.ts'
import { addParams, convolutionParams, meanParams, padValue, poolParams } from '../../ir/quantized-params.ts'
import { windowGeometry, type WindowGeometry } from '../../ir/shapes.ts'
import { constantOf, tensorAt } from '../../ir/tensor-access.ts'
import { isWeighted, type WeightedOp } from '../weighted-op.ts'
import { isInt8 } from './rewrite.ts'

/** Ends included; one entry a channel. */
export interface Intervals {
  low: Int8Array
  high: Int8Array
}

export type IntervalsOf = (id: TensorId | undefined) => Intervals

export const channelsOf = ({ shape }: Tensor) => shape.at(-1) ?? 1

/** Of every int8 tensor of the graph. Throws what reading the ops' constants does. */
export function channelIntervals(graph: Graph): IntervalsOf {
  const known = new Map<TensorId, Intervals>()
  const of: IntervalsOf = (id) => {
    const tensor = tensorAt(graph, id)
    return known.get(id!) ?? (tensor.data instanceof Int8Array ? ofConstant(tensor, tensor.data) : whole(tensor))
  }
  for (const op of graph.ops) {
    const [output] = op.outputs
    const isInteger = op.inputs.length > 0 && [op.inputs[0], output].every((id) => isInt8(graph, id))
    const found = isInteger ? intervalsOf(graph, op, of) : undefined
    if (found !== undefined) known.set(output!, found)
  }
  return of
}

const repeated = (channels: number, low: number, high: number): Intervals => ({
  low: new Int8Array(channels).fill(low),
  high: new Int8Array(channels).fill(high),
})

const whole = (tensor: Tensor) => repeated(channelsOf(tensor), -128, 127)

function ofConstant(tensor: Tensor, data: Int8Array): Intervals {
  const channels = channelsOf(tensor)
  const { low, high } = repeated(channels, 127, -128)
  data.forEach((value, i) => {
    low[i % channels] = Math.min(low[i % channels]!, value)
    high[i % channels] = Math.max(high[i % channels]!, value)
  })
  return { low, high }
}

/** One interval around all channels, for each of `channels`. */
function mixed({ low, high }: Intervals, channels: number): Intervals {
  return repeated(channels, Math.min(...low), Math.max(...high))
}

/** Undefined where nothing is known of the op. */
function intervalsOf(graph: Graph, op: Op, of: IntervalsOf): Intervals | undefined {
  if (op.kind === 'TRANSPOSE_CONV') return undefined
  if (isWeighted(op)) return ofWeighted(graph, op, of(op.inputs[0]))
  const channels = channelsOf(tensorAt(graph, op.outputs[0]))
  const input = of(op.inputs[0])
  const alike = input.low.length === channels ? input : mixed(input, channels)
  switch (op.kind) {
    case 'RESHAPE':
      return alike
    case 'PAD': {
      const value = padValue(graph, op)
      const padsChannels = op.paddings.at(-1)!.some((count) => count > 0)
      const inner = padsChannels ? mixed(input, channels) : input
      return mapped(inner, (low, high) => [Math.min(low, value), Math.max(high, value)])
    }
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      const { activationMin, activationMax } = poolParams(graph, op)
      const clamp = (value: number) => Math.max(activationMin, Math.min(activationMax, value))
      return mapped(input, (low, high) => [clamp(low), clamp(high)])
    }
    case 'RELU':
    case 'RELU6':
    case 'QUANTIZE':
      return ofTable(tableOf(graph, op), input)
    case 'MEAN':
      return ofMean(graph, op, op.axes.includes(tensorAt(graph, op.inputs[0]).shape.length - 1), alike)
    case 'ADD':
      return ofSum(graph, op, alike, of(op.inputs[1]), channels)
    default:
      return undefined
  }
}

function mapped({ low, high }: Intervals, ends: (low: number, high: number) => readonly [number, number]): Intervals {
  const pairs = Array.from(low, (value, c) => ends(value, high[c]!))
  return { low: Int8Array.from(pairs, ([from]) => from), high: Int8Array.from(pairs, ([, to]) => to) }
}

/** An activation like this one, but of one row. */
function row(graph: Graph, id: TensorId | undefined, values: number): Tensor {
  const { name, dtype, quantization } = tensorAt(graph, id)
  return { name, dtype, shape: [values], ...(quantization && { quantization }) }
}

/** What an op of one value gives for each of the 256, by the interpreter itself. */
function tableOf(graph: Graph, op: Op): Int8Array {
  const alone: Graph = {
    name: graph.name,
    tensors: [row(graph, op.inputs[0], 256), row(graph, op.outputs[0], 256)],
    ops: [{ ...op, inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  }
  return createInterpreter(alone).run([Int8Array.from({ length: 256 }, (_, i) => i - 128)])[0] as Int8Array
}

function ofTable(table: Int8Array, input: Intervals): Intervals {
  return mapped(input, (low, high) => {
    const values = table.subarray(low + 128, high + 129)
    return [Math.min(...values), Math.max(...values)]
  })
}

/** What is left below 2^31 keeps the zero point's addition from wrapping. */
const MOST_SCALED = 2 ** 30

/** Whether an accumulator is scaled without wrapping around: inside int32, shifted left and after all of it. */
function staysInside(acc: number, multiplier: number, shift: number): boolean {
  const size = Math.abs(acc) * 2 ** Math.max(0, shift)
  return multiplier >= 0 && size < 2 ** 31 && (Math.abs(acc) * multiplier * 2 ** shift) / 2 ** 31 < MOST_SCALED
}

function ofMean(graph: Graph, op: Mean, averagesChannels: boolean, input: Intervals): Intervals | undefined {
  const { count, inputZeroPoint, outputZeroPoint, multiplier, shift } = meanParams(graph, op)
  const channels = input.low.length
  const given = averagesChannels ? mixed(input, channels) : input
  const largest = 255 * count
  if (!staysInside(largest, multiplier, shift)) return undefined
  const end = (value: number) => {
    const scaled = multiplyByQuantizedMultiplier(count * (value - inputZeroPoint), multiplier, shift)
    return Math.max(-128, Math.min(127, scaled + outputZeroPoint))
  }
  return mapped(given, (low, high) => [end(low), end(high)])
}

/** Both ends by the interpreter: a sum is monotone in each operand, as its output is not shifted left. */
function ofSum(graph: Graph, op: Add, a: Intervals, given: Intervals, channels: number): Intervals | undefined {
  if (addParams(graph, op).outputMultiplier.shift > 0) return undefined
  const b = given.low.length === channels ? given : mixed(given, channels)
  const alone: Graph = {
    name: graph.name,
    tensors: [...op.inputs, ...op.outputs].map((id) => row(graph, id, channels)),
    ops: [{ ...op, inputs: [0, 1], outputs: [2] }],
    inputs: [0, 1],
    outputs: [2],
  }
  const sum = createInterpreter(alone)
  return { low: sum.run([a.low, b.low])[0] as Int8Array, high: sum.run([a.high, b.high])[0] as Int8Array }
}

/** Whether any window reaches over the input's edge. */
export function readsPadding(g: WindowGeometry): boolean {
  const end = (outputs: number, stride: number, filter: number, dilation: number, before: number) =>
    (outputs - 1) * stride + (filter - 1) * dilation + 1 - before
  return (
    g.padTop > 0 ||
    g.padLeft > 0 ||
    end(g.outputH, g.strideH, g.filterH, g.dilationH, g.padTop) > g.inputH ||
    end(g.outputW, g.strideW, g.filterW, g.dilationW, g.padLeft) > g.inputW
  )
}

/** acc = bias + sum w * (x - zero point); a tap in the padding adds nothing. */
function ofWeighted(graph: Graph, op: Exclude<WeightedOp, TransposeConv>, input: Intervals): Intervals {
  const params = convolutionParams(graph, op)
  const { activationMin, activationMax, inputZeroPoint, multipliers, shifts, bias } = params
  const weights = constantOf(graph, op.inputs[1], Int8Array)
  const channels = multipliers.length
  const taps = weights.length / channels
  const isPadded = op.kind !== 'FULLY_CONNECTED' && readsPadding(windowGeometry(graph, op))
  // FULLY_CONNECTED may cut its input at any place: what has no channel of its own is in the interval around all.
  const given = taps % input.low.length === 0 || op.kind !== 'FULLY_CONNECTED' ? input : mixed(input, 1)
  const from = Int16Array.from(given.low, (value) => Math.min(value - inputZeroPoint, isPadded ? 0 : Infinity))
  const to = Int16Array.from(given.high, (value) => Math.max(value - inputZeroPoint, isPadded ? 0 : -Infinity))
  const isDepthwise = op.kind === 'DEPTHWISE_CONV_2D'

  const { low, high } = repeated(channels, activationMin, activationMax)
  for (let c = 0; c < channels; c++) {
    let [least, most] = [bias[c]!, bias[c]!]
    for (let tap = 0; tap < taps; tap++) {
      const weight = isDepthwise ? weights[tap * channels + c]! : weights[c * taps + tap]!
      const channel = isDepthwise ? Math.floor(c / op.multiplier) : tap % from.length
      const ends = [weight * from[channel]!, weight * to[channel]!] as const
      least += Math.min(...ends)
      most += Math.max(...ends)
    }
    const isProved = [least, most].every((acc) => staysInside(acc, multipliers[c]!, shifts[c]!))
    if (!isProved) continue
    low[c] = requantize(least, c, params)
    high[c] = requantize(most, c, params)
  }
  return { low, high }
}
