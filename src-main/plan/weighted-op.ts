import type { Conv2D, DepthwiseConv2D, FullyConnected, Graph, Op, TransposeConv } from '../ir/graph.ts'
import { convolutionParams, type ConvolutionParams } from '../ir/quantized-params.ts'
import { constantOf } from '../ir/tensor-access.ts'

export type WeightedOp = Conv2D | DepthwiseConv2D | FullyConnected | TransposeConv

export const isWeighted = (op: Op): op is WeightedOp =>
  op.kind === 'CONV_2D' ||
  op.kind === 'DEPTHWISE_CONV_2D' ||
  op.kind === 'FULLY_CONNECTED' ||
  op.kind === 'TRANSPOSE_CONV'

/** What a weighted op keeps in flash. */
export interface PreparedWeights extends Omit<ConvolutionParams, 'shifts'> {
  filter: Int8Array
  /** one entry where all channels scale alike, else one a channel; so are `multipliers` */
  shifts: Int8Array
}

/** int8 ops only. Throws MODEL_INVALID where weights or bias are not constants. */
export function prepareWeights(graph: Graph, op: WeightedOp): PreparedWeights {
  const params = convolutionParams(graph, op)
  const alike =
    params.multipliers.every((multiplier) => multiplier === params.multipliers[0]) &&
    params.shifts.every((shift) => shift === params.shifts[0])
  const channels = alike ? 1 : params.multipliers.length
  return {
    ...params,
    filter: constantOf(graph, op.inputs[1], Int8Array),
    multipliers: params.multipliers.slice(0, channels),
    shifts: Int8Array.from(params.shifts.subarray(0, channels)),
  }
}
