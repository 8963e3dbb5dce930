import { multiplyByQuantizedMultiplier } from '../fixed-point.ts'
import { mulParams } from '../elementwise-params.ts'
import type { Graph, Mul } from '../graph.ts'
import { binaryWalk } from './broadcast.ts'
import type { Kernel } from './kernel.ts'

export function prepareMulInt8(graph: Graph, op: Mul): Kernel {
  const p = mulParams(graph, op)
  const [zeroPointA, zeroPointB] = p.inputZeroPoints
  const { multiplier, shift } = p.outputMultiplier
  const forEachPair = binaryWalk(graph, op)
  return (buffers) => {
    const a = buffers[op.inputs[0]!] as Int8Array
    const b = buffers[op.inputs[1]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    forEachPair((i, j, out) => {
      const product = (a[i]! - zeroPointA) * (b[j]! - zeroPointB)
      const value = (multiplyByQuantizedMultiplier(product, multiplier, shift) + p.outputZeroPoint) | 0
      output[out] = Math.max(p.activationMin, Math.min(p.activationMax, value))
    })
  }
}
