import { AppError } from '../base/errors.ts'
import type { Graph } from '../ir/graph.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import type { PreparedWeights, WeightedOp } from '../plan/weighted-op.ts'

const INT32_MAX = 2147483647

/**
 * Proves that no input can overflow the int32 accumulators of an op, nor the left shift that may follow: for each output
 * channel |bias| + sum |w| * max |x - zero point| stays below 2^31, and so does every partial sum in whatever order.
 * Throws ACCUMULATOR_OVERFLOW naming the layer and its worst channel.
 */
export function proveAccumulators(graph: Graph, op: WeightedOp, index: number, weights: PreparedWeights): void {
  const { filter, bias, shifts, inputZeroPoint } = weights
  const farthestInput = Math.max(127 - inputZeroPoint, inputZeroPoint + 128)
  const channels = bias.length
  const magnitudes = new Float64Array(channels)
  if (op.kind === 'DEPTHWISE_CONV_2D')
    for (let i = 0; i < filter.length; i++) magnitudes[i % channels]! += Math.abs(filter[i]!)
  else {
    const perChannel = filter.length / channels
    for (let i = 0; i < filter.length; i++) magnitudes[Math.floor(i / perChannel)]! += Math.abs(filter[i]!)
  }
  for (let c = 0; c < channels; c++) {
    const bound = Math.abs(bias[c]!) + magnitudes[c]! * farthestInput
    const shifted = bound * 2 ** Math.max(0, shifts[shifts.length === 1 ? 0 : c]!)
    if (shifted > INT32_MAX)
      throw new AppError(
        'ACCUMULATOR_OVERFLOW',
        `Layer ${index} (${op.kind}, output ${tensorAt(graph, op.outputs[0]).name}): channel ${c} can reach ` +
          `${shifted}, which is beyond 32 bits.`,
        { context: { op: index, channel: c, bound: shifted } },
      )
  }
}
