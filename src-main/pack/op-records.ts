// From an op of the graph to the record that the firmware reads. Every integer comes from ir/quantized-params.ts: the
// interpreter runs on the same ones.

import { assertNever } from '../base/errors.ts'
import {
  elementCount,
  type Dequantize,
  type FullyConnected,
  type Graph,
  type Mean,
  type Op,
  type Pad,
  type Pool2D,
  type Quantize,
  type Relu,
  type Softmax,
  type TensorId,
} from '../ir/graph.ts'
import {
  dequantizeParams,
  fullyConnectedShape,
  meanParams,
  padValue,
  poolParams,
  quantizeParams,
  reluParams,
  rescaleParams,
  softmaxParams,
} from '../ir/quantized-params.ts'
import { denseStrides, windowGeometry } from '../ir/shapes.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { prepareWeights, type WeightedOp } from '../plan/weighted-op.ts'
import { proveAccumulators } from './accumulator-proof.ts'
import type { ConstantSection } from './constants.ts'
import { moveFields } from './move-records.ts'
import {
  MAX_RANK,
  RECORDS,
  RECORD_KINDS,
  layoutBytes,
  type RecordKind,
  type RecordValues,
  type Reference,
} from './layout.ts'
import { extremumFields, lookupFields, mulFields, preluFields, sumFields } from './elementwise-fields.ts'
import { mergeLoops, padFront } from './merged-dims.ts'
import { writeFields } from './struct.ts'

/** What a record needs to know besides its op. */
export interface RecordContext {
  graph: Graph
  constants: ConstantSection
  /** where a tensor lives */
  place: (id: TensorId | undefined) => Reference
}

/** The op's record, ready for flash. Throws ACCUMULATOR_OVERFLOW where a weighted op can't be proved safe. */
export function opRecord(context: RecordContext, op: Op, index: number): Uint8Array {
  const { graph } = context
  switch (op.kind) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D':
      return record(op.kind, index, {
        ...weightedFields(context, op, index),
        ...imageFields(graph, op),
        output_channels: tensorAt(graph, op.outputs[0]).shape[3]!,
        dilation_height: op.dilationH,
        dilation_width: op.dilationW,
      })
    case 'FULLY_CONNECTED':
      return record(op.kind, index, { ...weightedFields(context, op, index), ...matrixFields(graph, op) })
    case 'ADD':
    case 'SUB':
      return record(op.kind, index, sumFields(context, op))
    case 'MUL':
      return record(op.kind, index, mulFields(context, op))
    case 'MINIMUM':
    case 'MAXIMUM':
      return record(op.kind, index, extremumFields(context, op))
    case 'PRELU':
      return record(op.kind, index, preluFields(context, op))
    case 'ABS':
    case 'HARD_SWISH':
    case 'LEAKY_RELU':
    case 'LOGISTIC':
    case 'TANH':
      return record('LOOKUP', index, lookupFields(context, op))
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      const { activationMin, activationMax } = poolParams(graph, op)
      return record(op.kind, index, {
        ...unaryFields(context, op),
        ...imageFields(graph, op),
        activation_min: activationMin,
        activation_max: activationMax,
      })
    }
    case 'MEAN':
      return record(op.kind, index, meanFields(context, op))
    case 'SOFTMAX':
      return record(op.kind, index, softmaxFields(context, op))
    case 'RESHAPE':
    case 'SQUEEZE':
    case 'EXPAND_DIMS':
      return record('COPY', index, unaryFields(context, op))
    case 'RELU':
    case 'RELU6':
      return record('REQUANTIZE', index, requantizeFields(context, op))
    case 'QUANTIZE':
      if (tensorAt(graph, op.inputs[0]).dtype === 'int8')
        return record('REQUANTIZE', index, requantizeFields(context, op))
      return record('QUANTIZE', index, affineFields(context, op))
    case 'DEQUANTIZE':
      return record(op.kind, index, affineFields(context, op))
    case 'PAD':
      return record(op.kind, index, padFields(context, op))
    case 'CONCATENATION':
    case 'SPLIT':
    case 'SPLIT_V':
    case 'TRANSPOSE':
    case 'STRIDED_SLICE':
      return record('MOVE', index, moveFields(context, op))
    default:
      return assertNever(op)
  }
}

/** A record with its head. */
export function record<K extends RecordKind>(kind: K, index: number, values: RecordValues<K>): Uint8Array {
  const layout = RECORDS[kind]
  const head = { kind: RECORD_KINDS[kind], record_bytes: layoutBytes(layout), op_index: index }
  return writeFields(layout, { ...head, ...values })
}

const unaryFields = ({ place }: RecordContext, op: Op) => ({
  output: place(op.outputs[0]),
  input: place(op.inputs[0]),
})

function weightedFields(context: RecordContext, op: WeightedOp, index: number) {
  const { graph, constants } = context
  const prepared = prepareWeights(graph, op)
  proveAccumulators(graph, op, index, prepared)
  return {
    ...unaryFields(context, op),
    filter: constants.add('weights', prepared.filter),
    bias: constants.add('biases', prepared.bias),
    multiplier: constants.add('quantization', prepared.multipliers),
    shift: constants.add('quantization', prepared.shifts),
    input_offset: -prepared.inputZeroPoint,
    output_offset: prepared.outputZeroPoint,
    activation_min: prepared.activationMin,
    activation_max: prepared.activationMax,
  }
}

function imageFields(graph: Graph, op: Exclude<WeightedOp, FullyConnected> | Pool2D) {
  const g = windowGeometry(graph, op)
  return {
    batches: g.batches,
    input_height: g.inputH,
    input_width: g.inputW,
    input_channels: g.inputC,
    output_height: g.outputH,
    output_width: g.outputW,
    filter_height: g.filterH,
    filter_width: g.filterW,
    stride_height: g.strideH,
    stride_width: g.strideW,
    pad_top: g.padTop,
    pad_left: g.padLeft,
  }
}

function matrixFields(graph: Graph, op: FullyConnected) {
  const { batches, inputs, outputs } = fullyConnectedShape(graph, op)
  return { batches, input_depth: inputs, output_depth: outputs }
}

/** Any six dimensions fall into at most three runs that are kept and three that are summed. */
const MEAN_LOOPS = 3

function meanFields(context: RecordContext, op: Mean): RecordValues<'MEAN'> {
  const p = meanParams(context.graph, op)
  const { shape } = tensorAt(context.graph, op.inputs[0])
  const strides = denseStrides(shape)
  const loops = (reduced: boolean) =>
    mergeLoops(shape.flatMap((dim, d) => (op.axes.includes(d) === reduced ? [{ dim, strides: [strides[d]!] }] : [])))
  const dims = (reduced: boolean) =>
    padFront(
      loops(reduced).map((loop) => loop.dim),
      MEAN_LOOPS,
      1,
    )
  const steps = (reduced: boolean) =>
    padFront(
      loops(reduced).map((loop) => loop.strides[0]!),
      MEAN_LOOPS,
      0,
    )
  return {
    ...unaryFields(context, op),
    kept_dims: dims(false),
    kept_strides: steps(false),
    reduced_dims: dims(true),
    reduced_strides: steps(true),
    sum_offset: -p.inputZeroPoint * p.count,
    output_offset: p.outputZeroPoint,
    multiplier: p.multiplier,
    shift: p.shift,
    activation_min: -128,
    activation_max: 127,
  }
}

function softmaxFields(context: RecordContext, op: Softmax): RecordValues<'SOFTMAX'> {
  const p = softmaxParams(context.graph, op)
  const { shape } = tensorAt(context.graph, op.inputs[0])
  const depth = shape.at(-1)!
  return {
    ...unaryFields(context, op),
    rows: elementCount(shape) / depth,
    depth,
    input_multiplier: p.inputMultiplier,
    input_left_shift: p.inputLeftShift,
    diff_min: p.diffMin,
  }
}

function requantizeFields(context: RecordContext, op: Relu | Quantize): RecordValues<'REQUANTIZE'> {
  const p =
    op.kind === 'QUANTIZE'
      ? { ...rescaleParams(context.graph, op), activationMin: -128, activationMax: 127 }
      : reluParams(context.graph, op)
  return {
    ...unaryFields(context, op),
    input_offset: -p.inputZeroPoint,
    output_offset: p.outputZeroPoint,
    multiplier: p.multiplier,
    shift: p.shift,
    activation_min: p.activationMin,
    activation_max: p.activationMax,
  }
}

function affineFields(context: RecordContext, op: Quantize | Dequantize) {
  const { graph } = context
  const { scale, zeroPoint } = op.kind === 'QUANTIZE' ? quantizeParams(graph, op) : dequantizeParams(graph, op)
  return { ...unaryFields(context, op), scale, zero_point: zeroPoint }
}

function padFields(context: RecordContext, op: Pad): RecordValues<'PAD'> {
  const { graph } = context
  const { shape } = tensorAt(graph, op.inputs[0])
  // A dimension without padding is one with the dimension outside of it.
  const dims: { input: number; output: number; before: number }[] = []
  shape.forEach((dim, d) => {
    const [before, after] = op.paddings[d]!
    const outer = dims.at(-1)
    if (outer && before + after === 0) {
      dims[dims.length - 1] = { input: outer.input * dim, output: outer.output * dim, before: outer.before * dim }
    } else dims.push({ input: dim, output: before + dim + after, before })
  })
  return {
    ...unaryFields(context, op),
    input_dims: padFront(
      dims.map((d) => d.input),
      MAX_RANK,
      1,
    ),
    output_dims: padFront(
      dims.map((d) => d.output),
      MAX_RANK,
      1,
    ),
    before: padFront(
      dims.map((d) => d.before),
      MAX_RANK,
      0,
    ),
    value: padValue(graph, op),
  }
}
