// Post-training quantization: a float graph becomes an int8 graph of the same ops, after TFLite's specification.

import { AppError } from '../base/errors.ts'
import type { StageContext } from '../base/progress.ts'
import {
  elementCount,
  type Graph,
  type Op,
  type OpKind,
  type Quantization,
  type Tensor,
  type TensorId,
} from '../ir/graph.ts'
import { calibrate, type CalibrationSet, type Range } from './calibrate.ts'
import { activationQuantization, perTensor, quantizeActivation, quantizeWeights } from './int8-parameters.ts'
import type { Recipe } from './recipe.ts'

/** Where an op's output gets its scale and zero point from. */
type OutputRule = 'own range' | 'as its input' | 'one for all' | 'probability' | 'plus or minus one'

interface OpRow {
  output: OutputRule
  /** inputs 1 and 2 are weights and bias: the dimension of the output channels, and whether each has its own scale */
  weights?: { channelAxis: number; perChannel: boolean }
}

// FULLY_CONNECTED has one weight scale for all outputs: what TFLite's kernels of every version and ours take.
const ROWS: Record<Exclude<OpKind, 'QUANTIZE' | 'DEQUANTIZE'>, OpRow> = {
  CONV_2D: { output: 'own range', weights: { channelAxis: 0, perChannel: true } },
  DEPTHWISE_CONV_2D: { output: 'own range', weights: { channelAxis: 3, perChannel: true } },
  FULLY_CONNECTED: { output: 'own range', weights: { channelAxis: 0, perChannel: false } },
  ADD: { output: 'own range' },
  SUB: { output: 'own range' },
  MUL: { output: 'own range' },
  MINIMUM: { output: 'one for all' },
  MAXIMUM: { output: 'one for all' },
  PRELU: { output: 'own range' },
  ABS: { output: 'own range' },
  HARD_SWISH: { output: 'own range' },
  LEAKY_RELU: { output: 'own range' },
  LOGISTIC: { output: 'probability' },
  TANH: { output: 'plus or minus one' },
  MEAN: { output: 'own range' },
  RELU: { output: 'own range' },
  RELU6: { output: 'own range' },
  AVERAGE_POOL_2D: { output: 'as its input' },
  MAX_POOL_2D: { output: 'as its input' },
  RESHAPE: { output: 'as its input' },
  PAD: { output: 'as its input' },
  CONCATENATION: { output: 'one for all' },
  SPLIT: { output: 'as its input' },
  SPLIT_V: { output: 'as its input' },
  SQUEEZE: { output: 'as its input' },
  EXPAND_DIMS: { output: 'as its input' },
  TRANSPOSE: { output: 'as its input' },
  STRIDED_SLICE: { output: 'as its input' },
  SOFTMAX: { output: 'probability' },
}

/** 0 … 255/256 */
const PROBABILITY = perTensor(1 / 256, -128)
/** -1 … 127/128 */
const PLUS_OR_MINUS_ONE = perTensor(1 / 128, 0)

function checkFloat(graph: Graph): void {
  const quantized = graph.ops.filter((op) => op.kind === 'QUANTIZE' || op.kind === 'DEQUANTIZE')
  const other = graph.tensors.find((tensor) => tensor.dtype === 'int8' || tensor.dtype === 'int16')
  if (quantized.length > 0 || other !== undefined) {
    throw new AppError('MODEL_DTYPE_UNSUPPORTED', `${graph.name} is quantized already.`, {
      hint: 'Give the float32 model, or use this one as it is.',
    })
  }
}

const rowOf = (op: Op) => ROWS[op.kind as keyof typeof ROWS]

/** Scale and zero point of every input and activation. */
function activationQuantizations(graph: Graph, ranges: ReadonlyMap<TensorId, Range>): Map<TensorId, Quantization> {
  const quantizations = new Map<TensorId, Quantization>()
  const own = (id: TensorId) => activationQuantization(ranges.get(id)!)
  for (const id of graph.inputs) quantizations.set(id, own(id))
  for (const op of graph.ops) {
    const rule = rowOf(op).output
    for (const id of op.outputs) {
      const [x] = op.inputs
      if (rule === 'own range') quantizations.set(id, own(id))
      else if (rule === 'probability') quantizations.set(id, PROBABILITY)
      else if (rule === 'plus or minus one') quantizations.set(id, PLUS_OR_MINUS_ONE)
      else if (rule === 'one for all') quantizations.set(id, commonQuantization(graph, op, ranges))
      else quantizations.set(id, quantizations.get(x!) ?? constantQuantization(graph, x!))
    }
  }
  return quantizations
}

interface Rewrite {
  graph: Graph
  tensors: Tensor[]
  quantizations: ReadonlyMap<TensorId, Quantization>
}

/** Appends int8 weights and int32 bias of an op and returns their ids. Each op gets its own, even of shared tensors. */
function rewriteWeights(
  { graph, tensors, quantizations }: Rewrite,
  op: Op,
  { channelAxis, perChannel }: NonNullable<OpRow['weights']>,
): TensorId[] {
  const [x, weightsId, biasId] = op.inputs
  const weights = graph.tensors[weightsId!]!
  const bias = biasId === undefined ? undefined : graph.tensors[biasId]!
  const channels = weights.shape[channelAxis]!
  const inner = elementCount(weights.shape.slice(channelAxis + 1))
  const quantized = quantizeWeights({
    weights: weights.data as Float32Array,
    bias: bias === undefined ? new Float32Array(channels) : (bias.data as Float32Array),
    channelOf: (index) => Math.floor(index / inner) % channels,
    channels,
    perChannel,
    inputScale: quantizations.get(x!)!.scale[0]!,
    outputScale: quantizations.get(op.outputs[0]!)!.scale[0]!,
  })
  const zeros = quantized.weightScales.map(() => 0)
  tensors.push({
    name: weights.name,
    shape: weights.shape,
    dtype: 'int8',
    quantization: { scale: quantized.weightScales, zeroPoint: zeros, axis: perChannel ? channelAxis : 0 },
    data: quantized.weights,
  })
  if (bias === undefined) return [tensors.length - 1]
  tensors.push({
    name: bias.name,
    shape: bias.shape,
    dtype: 'int32',
    quantization: { scale: quantized.biasScales, zeroPoint: zeros, axis: 0 },
    data: quantized.bias,
  })
  return [tensors.length - 2, tensors.length - 1]
}

function constantRange(graph: Graph, id: TensorId): Range {
  let min = 0
  let max = 0
  for (const value of graph.tensors[id]!.data as Float32Array) {
    min = Math.min(min, value)
    max = Math.max(max, value)
  }
  return { min, max }
}

/** A constant operand, such as one of ADD, covers its own values. */
const constantQuantization = (graph: Graph, id: TensorId): Quantization =>
  activationQuantization(constantRange(graph, id))

/** Covers all inputs of an op whose kernel takes integers as they are; every value of its output is one of theirs. */
function commonQuantization(graph: Graph, op: Op, ranges: ReadonlyMap<TensorId, Range>): Quantization {
  const covered = op.inputs.map((id) => ranges.get(id) ?? constantRange(graph, id))
  return activationQuantization({
    min: Math.min(...covered.map(({ min }) => min)),
    max: Math.max(...covered.map(({ max }) => max)),
  })
}

/** An activation at another scale than its own: by a QUANTIZE in front of the op that wants it, which is added to `ops`. */
function requantized({ tensors }: Rewrite, ops: Op[], id: TensorId, quantization: Quantization): TensorId {
  const { scale, zeroPoint } = tensors[id]!.quantization!
  if (scale[0] === quantization.scale[0] && zeroPoint[0] === quantization.zeroPoint[0]) return id
  const output = tensors.push({ ...tensors[id]!, name: `${tensors[id]!.name}/rescaled`, quantization }) - 1
  ops.push({ kind: 'QUANTIZE', inputs: [id], outputs: [output] })
  return output
}

function rewriteConstant(
  { graph, tensors }: Rewrite,
  id: TensorId,
  quantization = constantQuantization(graph, id),
): TensorId {
  const tensor = graph.tensors[id]!
  const data = quantizeActivation(tensor.data as Float32Array, quantization)
  tensors.push({ ...tensor, dtype: 'int8', quantization, data })
  return tensors.length - 1
}

/**
 * float32 graph -> int8 graph, int8 in and out. `samples` are at least 100 inputs like those that the model will see.
 * Throws CALIBRATION_EMPTY, DATA_INVALID, MODEL_DTYPE_UNSUPPORTED for a graph that is quantized already, CANCELLED.
 */
export async function quantizeGraph(
  graph: Graph,
  samples: CalibrationSet,
  recipe: Recipe,
  ctx: StageContext,
): Promise<Graph> {
  checkFloat(graph)
  const ranges = await calibrate(graph, samples, recipe.activationRange, ctx)
  const quantizations = activationQuantizations(graph, ranges)

  const tensors: Tensor[] = []
  const moved = new Map<TensorId, TensorId>()
  for (const [id, quantization] of quantizations) {
    moved.set(id, tensors.length)
    tensors.push({ ...graph.tensors[id]!, dtype: 'int8', quantization })
  }
  const rewrite: Rewrite = { graph, tensors, quantizations }
  const activation = (id: TensorId) => moved.get(id) ?? rewriteConstant(rewrite, id)
  const ops: Op[] = []
  const oneForAll = (op: Op) => {
    const common = quantizations.get(op.outputs[0]!)!
    return op.inputs.map((id) => {
      const at = moved.get(id)
      return at === undefined ? rewriteConstant(rewrite, id, common) : requantized(rewrite, ops, at, common)
    })
  }
  for (const op of graph.ops) {
    const { weights, output } = rowOf(op)
    const inputs =
      weights !== undefined
        ? [activation(op.inputs[0]!), ...rewriteWeights(rewrite, op, weights)]
        : output === 'one for all'
          ? oneForAll(op)
          : op.inputs.map(activation)
    ops.push({ ...op, inputs, outputs: op.outputs.map(activation) })
  }
  return { ...graph, tensors, ops, inputs: graph.inputs.map(activation), outputs: graph.outputs.map(activation) }
}
