// Which channels nobody would miss: of all channels, those are struck out that something needs, until nothing changes.
//
// A convolution or FULLY_CONNECTED misses no channel of its input that has one value for every input of the model, where
// that value can be added to its bias: where no window reads padding, which would add nothing instead, or where the value is
// the zero point, which adds nothing either. Nor does it miss a channel that it has only zero weights for. Depthwise
// convolutions, pools, sums and the like pass channels on: there a channel goes on both sides or on neither.

import type { Graph, Op, TensorId } from '../../ir/graph.ts'
import { windowGeometry } from '../../ir/shapes.ts'
import { constantOf, tensorAt, zeroPointOf } from '../../ir/tensor-access.ts'
import { channelsOf, readsPadding, type IntervalsOf } from './channel-intervals.ts'
import { isConstant, isInt8 } from './rewrite.ts'

/** One entry a channel: 1 where it may go. */
export type Removable = Map<TensorId, Uint8Array>

/** Kernels take four channels at a time; a remainder would cost them more than it saves. */
const STEP = 4

/** Of every computed int8 tensor. What is left of a tensor's channels is a multiple of four, or all of them. */
export function removableChannels(graph: Graph, intervals: IntervalsOf): Removable {
  const removable: Removable = new Map()
  for (const op of graph.ops)
    for (const id of op.outputs)
      if (isInt8(graph, id)) removable.set(id, new Uint8Array(channelsOf(tensorAt(graph, id))).fill(1))
  const keepAll = (id: TensorId | undefined) => void (id !== undefined && removable.get(id)?.fill(0))
  graph.outputs.forEach(keepAll)
  for (const op of graph.ops) {
    if (isDense(graph, op)) {
      const needed = neededChannels(graph, op, intervals)
      removable.get(op.inputs[0]!)?.forEach((_, c, channels) => void (needed(c) && (channels[c] = 0)))
      op.inputs.slice(1).forEach(keepAll)
    } else if (passedOn(graph, op) === undefined) [...op.inputs, ...op.outputs].forEach(keepAll)
  }
  do settle(graph, removable)
  while (keepWholeSteps(removable))
  return removable
}

/** Computes each output channel from all input channels, in integers. */
export const isDense = (graph: Graph, op: Op) =>
  (op.kind === 'CONV_2D' || op.kind === 'FULLY_CONNECTED') && isInt8(graph, op.inputs[0])

/** Whether a dense op needs a channel of its input. */
function neededChannels(graph: Graph, op: Op, intervals: IntervalsOf): (channel: number) => boolean {
  const input = tensorAt(graph, op.inputs[0])
  const channels = channelsOf(input)
  const weights = constantOf(graph, op.inputs[1], Int8Array)
  const inputs = weights.length / tensorAt(graph, op.inputs[1]).shape[0]!
  if (inputs % channels > 0) return () => true
  const { low, high } = intervals(op.inputs[0])
  const isPadded = op.kind === 'CONV_2D' && readsPadding(windowGeometry(graph, op))
  const isUsed = new Uint8Array(channels)
  weights.forEach((weight, i) => void (weight !== 0 && (isUsed[i % channels] = 1)))
  return (c) => isUsed[c] === 1 && !(low[c] === high[c] && (!isPadded || low[c] === zeroPointOf(input)))
}

interface Passage {
  inputs: readonly TensorId[]
  output: TensorId
  /** output channels of an input channel, neighbours */
  multiplier: number
}

/** How an op passes channels on; undefined where it does anything else with them. */
function passedOn(graph: Graph, op: Op): Passage | undefined {
  const [output] = op.outputs as [TensorId]
  const isBinary = op.kind === 'ADD' || op.kind === 'SUB' || op.kind === 'MUL'
  const inputs = isBinary ? op.inputs : op.inputs.slice(0, 1)
  const channels = channelsOf(tensorAt(graph, output))
  const multiplier = op.kind === 'DEPTHWISE_CONV_2D' ? op.multiplier : 1
  const isPassage =
    inputs.length > 0 &&
    [...inputs, output].every((id) => isInt8(graph, id)) &&
    inputs.every((id) => channelsOf(tensorAt(graph, id)) * multiplier === channels && !isConstant(graph, id)) &&
    passesChannels(graph, op)
  return isPassage ? { inputs, output, multiplier } : undefined
}

function passesChannels(graph: Graph, op: Op): boolean {
  const axes = tensorAt(graph, op.inputs[0]).shape.length
  switch (op.kind) {
    case 'DEPTHWISE_CONV_2D':
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
    case 'RELU':
    case 'RELU6':
    case 'QUANTIZE':
    case 'ADD':
    case 'SUB':
    case 'MUL':
    case 'RESHAPE':
      return axes > 0
    case 'PAD':
      return op.paddings.at(-1)?.every((count) => count === 0) ?? false
    case 'MEAN':
      return axes > 1 && !op.axes.includes(axes - 1)
    default:
      return false
  }
}

/** Strikes out channels whose partners have to stay, until nothing changes. */
function settle(graph: Graph, removable: Removable): void {
  const passages = graph.ops.flatMap((op) => (isDense(graph, op) ? [] : (passedOn(graph, op) ?? [])))
  for (let changed = true; changed;) {
    changed = false
    for (const { inputs, output, multiplier } of passages) {
      const to = removable.get(output)!
      for (const id of inputs) {
        // An input of the graph has all its channels.
        const from = removable.get(id) ?? new Uint8Array(to.length / multiplier)
        for (let c = 0; c < from.length; c++) {
          const partners = to.subarray(c * multiplier, (c + 1) * multiplier)
          const both = from[c] === 1 && partners.every((flag) => flag === 1)
          if (both || (from[c] === 0 && partners.every((flag) => flag === 0))) continue
          from[c] = 0
          partners.fill(0)
          changed = true
        }
      }
    }
  }
}

/** Keeps so many more that what is left is whole steps; whether it had to. */
function keepWholeSteps(removable: Removable): boolean {
  let changed = false
  for (const channels of removable.values()) {
    const kept = channels.filter((flag) => flag === 0).length
    const wanted = Math.min(channels.length, STEP * Math.max(1, Math.ceil(kept / STEP)))
    for (let more = wanted - kept; more > 0; more--) {
      channels[channels.lastIndexOf(1)] = 0
      changed = true
    }
  }
  return changed
}
