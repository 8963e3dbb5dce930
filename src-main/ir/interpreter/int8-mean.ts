import { multiplyByQuantizedMultiplier } from '../fixed-point.ts'
import { elementCount, type Graph, type Mean } from '../graph.ts'
import { meanParams } from '../quantized-params.ts'
import { tensorAt } from '../tensor-access.ts'
import type { Kernel } from './kernel.ts'
import { reductionTargets } from './reduce.ts'

/** TFLM's integer MEAN (QuantizedMeanOrSum): see meanParams for the formula. */
export function prepareMeanInt8(graph: Graph, op: Mean): Kernel {
  const p = meanParams(graph, op)
  const targets = reductionTargets(tensorAt(graph, op.inputs[0]).shape, op.axes)
  const sums = new Int32Array(elementCount(tensorAt(graph, op.outputs[0]).shape))
  const offset = Math.imul(p.count, p.inputZeroPoint)

  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    sums.fill(0)
    for (let i = 0; i < targets.length; i++) sums[targets[i]!] = sums[targets[i]!]! + input[i]!
    for (let i = 0; i < sums.length; i++) {
      const value = multiplyByQuantizedMultiplier((sums[i]! - offset) | 0, p.multiplier, p.shift) + p.outputZeroPoint
      output[i] = Math.max(-128, Math.min(127, value))
    }
  }
}
