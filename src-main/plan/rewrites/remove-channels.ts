// Channels that have one value for every input of the model, or that nobody reads, are not computed: their producer loses
// the weights, and what they add to a reader's sums goes into its bias. See removable-channels.ts for which may go.

import type { Graph, Op, Tensor, TensorData, TensorId } from '../../ir/graph.ts'
import { constantOf, tensorAt, zeroPointOf } from '../../ir/tensor-access.ts'
import { isWeighted, type WeightedOp } from '../weighted-op.ts'
import { channelIntervals, channelsOf, type IntervalsOf } from './channel-intervals.ts'
import { removableChannels } from './removable-channels.ts'
import type { Rewrite } from './rewrite.ts'

export const removeChannels: Rewrite = {
  name: 'channels removed',
  apply(graph) {
    const intervals = channelIntervals(graph)
    const kept = new Map<TensorId, number[]>()
    for (const [id, channels] of removableChannels(graph, intervals))
      if (channels.includes(1))
        kept.set(
          id,
          [...channels.keys()].filter((c) => channels[c] === 0),
        )
    if (kept.size === 0) return undefined

    const tensors: Tensor[] = graph.tensors.map((tensor, id) => {
      const channels = kept.get(id)
      return channels === undefined ? tensor : { ...tensor, shape: [...tensor.shape.slice(0, -1), channels.length] }
    })
    const added = (tensor: Tensor): TensorId => tensors.push(tensor) - 1
    const ops = graph.ops.map((op) => (isWeighted(op) ? smaller(graph, op, { kept, intervals, added }) : op))
    const layers = [...kept].map(([id, channels]) => {
      const { name, shape } = tensorAt(graph, id)
      return `${name}: ${shape.at(-1)! - channels.length} of ${shape.at(-1)} channels`
    })
    return { graph: { ...graph, tensors, ops }, layers, keptChannels: kept }
  },
}

interface Removal {
  kept: ReadonlyMap<TensorId, readonly number[]>
  intervals: IntervalsOf
  /** gives a new tensor its id */
  added: (tensor: Tensor) => TensorId
}

/** The op with the weights and biases of what is left. */
function smaller(graph: Graph, op: WeightedOp, { kept, intervals, added }: Removal): Op {
  const [input, weightsId, biasId] = op.inputs as [TensorId, TensorId, TensorId | undefined]
  const [keptIn, keptOut] = [kept.get(input), kept.get(op.outputs[0]!)]
  if (keptIn === undefined && keptOut === undefined) return op
  const weights = tensorAt(graph, weightsId)
  const isDepthwise = op.kind === 'DEPTHWISE_CONV_2D'
  const outputs = weights.shape[isDepthwise ? 3 : 0]!
  const outChannels = keptOut ?? [...new Array<number>(outputs).keys()]
  const bias = biasId === undefined ? new Int32Array(outputs) : constantOf(graph, biasId, Int32Array)
  const folded = isDepthwise || keptIn === undefined ? bias : foldedBias(graph, op, bias, keptIn, intervals)
  const chosen = isDepthwise
    ? depthwiseWeights(weights, outChannels)
    : denseWeights(weights, outChannels, keptIn, channelsOf(tensorAt(graph, input)))
  const newWeights = added({ ...weights, ...chosen, ...scalesOf(weights, outChannels) })
  const newBias = added({
    ...(biasId === undefined
      ? { name: `${weights.name} bias`, dtype: 'int32' as const }
      : { ...tensorAt(graph, biasId), ...scalesOf(tensorAt(graph, biasId), outChannels) }),
    shape: [outChannels.length],
    data: Int32Array.from(outChannels, (c) => folded[c]!),
  })
  return { ...op, inputs: [input, newWeights, newBias] }
}

/** Biases with what the channels that go have always added; int32 wraps around as accumulators do. */
function foldedBias(
  graph: Graph,
  op: WeightedOp,
  bias: Int32Array,
  keptIn: readonly number[],
  intervals: IntervalsOf,
): Int32Array {
  const input = tensorAt(graph, op.inputs[0])
  const weights = constantOf(graph, op.inputs[1], Int8Array)
  const channels = channelsOf(input)
  const taps = weights.length / bias.length
  const { low } = intervals(op.inputs[0])
  const goes = new Uint8Array(channels).fill(1)
  for (const c of keptIn) goes[c] = 0
  return bias.map((value, c) => {
    let sum = value
    for (let tap = 0; tap < taps; tap++) {
      const channel = tap % channels
      if (goes[channel]) sum += weights[c * taps + tap]! * (low[channel]! - zeroPointOf(input))
    }
    return sum
  })
}

function denseWeights(
  { shape, data }: Tensor,
  outChannels: readonly number[],
  keptIn: readonly number[] | undefined,
  inChannels: number,
): Pick<Tensor, 'shape'> & { data: TensorData } {
  const taps = shape.slice(1).reduce((product, dim) => product * dim, 1)
  const isKept = new Uint8Array(inChannels).fill(keptIn === undefined ? 1 : 0)
  for (const c of keptIn ?? []) isKept[c] = 1
  const chosenTaps = [...new Array<number>(taps).keys()].filter((tap) => isKept[tap % inChannels] === 1)
  const perChannel = shape.at(-1)! / inChannels
  const last = keptIn === undefined ? shape.at(-1)! : perChannel * keptIn.length
  const values = outChannels.flatMap((c) => chosenTaps.map((tap) => (data as Int8Array)[c * taps + tap]!))
  return { shape: [outChannels.length, ...shape.slice(1, -1), last], data: Int8Array.from(values) }
}

function depthwiseWeights(
  { shape, data }: Tensor,
  outChannels: readonly number[],
): Pick<Tensor, 'shape'> & { data: TensorData } {
  const channels = shape[3]!
  const taps = shape[1]! * shape[2]!
  const values = Array.from({ length: taps }, (_, tap) =>
    outChannels.map((c) => (data as Int8Array)[tap * channels + c]!),
  )
  return { shape: [...shape.slice(0, 3), outChannels.length], data: Int8Array.from(values.flat()) }
}

/**
 * One scale a channel stays so: at least two channels are left of several, and only a single scale is taken for that of the
 * whole tensor.
 */
function scalesOf({ quantization }: Tensor, outChannels: readonly number[]): Pick<Tensor, 'quantization'> {
  if (quantization === undefined || quantization.scale.length === 1) return quantization ? { quantization } : {}
  return {
    quantization: {
      ...quantization,
      scale: outChannels.map((c) => quantization.scale[c]!),
      zeroPoint: outChannels.map((c) => quantization.zeroPoint[c]!),
    },
  }
}
