// SOFTMAX in int8: exp in Q0.31 of differences in Q5.26, their sum in Q12.19, one reciprocal a row.

import { roundingDivideByPowerOfTwo, saturatingRoundingDoublingHighMul } from '../fixed-point.ts'
import { expOnNegativeValues, reciprocalOfOnePlus } from '../fixed-point-functions.ts'
import { elementCount, type Graph, type Softmax } from '../graph.ts'
import { softmaxParams } from '../quantized-params.ts'
import { tensorAt } from '../tensor-access.ts'
import type { Kernel } from './kernel.ts'

export function prepareSoftmaxInt8(graph: Graph, op: Softmax): Kernel {
  const { shape } = tensorAt(graph, op.inputs[0])
  const depth = shape.at(-1) ?? 1
  const rows = elementCount(shape) / depth
  const exponentials = exponentialTable(graph, op)

  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    for (let row = 0; row < rows; row++) {
      const from = row * depth
      let max = -128
      for (let i = from; i < from + depth; i++) if (input[i]! > max) max = input[i]!
      let sum = 0 // Q12.19
      for (let i = from; i < from + depth; i++) {
        const exponential = exponentials[max - input[i]!]
        if (exponential !== undefined) sum = (sum + roundingDivideByPowerOfTwo(exponential, 12)) | 0
      }
      const headroom = Math.clz32(sum)
      const scale = reciprocalOfOnePlus((sum << headroom) & 0x7fffffff) // of the sum normalised to [1, 2)
      const shift = 12 - headroom + 31 - 8
      for (let i = from; i < from + depth; i++) {
        const exponential = exponentials[max - input[i]!]
        const product = exponential === undefined ? 0 : saturatingRoundingDoublingHighMul(scale, exponential)
        // beyond 31 bits, which 512 equal inputs reach, every quotient rounds to 0
        output[i] = shift > 31 ? -128 : Math.min(127, roundingDivideByPowerOfTwo(product, shift) - 128)
      }
    }
  }
}

/** exp(-d) in Q0.31 for every distance d from the maximum that still counts: entries 0..-diffMin. */
function exponentialTable(graph: Graph, op: Softmax): number[] {
  const p = softmaxParams(graph, op)
  const distances = Math.min(255, -p.diffMin)
  return Array.from({ length: distances + 1 }, (_, d) =>
    expOnNegativeValues(saturatingRoundingDoublingHighMul(-d << p.inputLeftShift, p.inputMultiplier), 5),
  )
}
