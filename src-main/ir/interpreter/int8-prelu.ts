import { multiplyByQuantizedMultiplier } from '../fixed-point.ts'
import { preluParams } from '../elementwise-params.ts'
import type { Graph, Prelu } from '../graph.ts'
import { binaryWalk } from './broadcast.ts'
import type { Kernel } from './kernel.ts'

export function preparePreluInt8(graph: Graph, op: Prelu): Kernel {
  const { identityMultiplier, slopeMultiplier, ...p } = preluParams(graph, op)
  const forEachPair = binaryWalk(graph, op)
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array
    const slope = buffers[op.inputs[1]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    forEachPair((i, j, out) => {
      const x = input[i]! - p.inputZeroPoint
      const scaled =
        x >= 0
          ? multiplyByQuantizedMultiplier(x, identityMultiplier.multiplier, identityMultiplier.shift)
          : multiplyByQuantizedMultiplier(
              x * (slope[j]! - p.slopeZeroPoint),
              slopeMultiplier.multiplier,
              slopeMultiplier.shift,
            )
      output[out] = Math.max(-128, Math.min(127, (scaled + p.outputZeroPoint) | 0))
    })
  }
}
