// MEAN and SOFTMAX in float32.

import { elementCount, type Graph, type Mean, type Softmax } from '../graph.ts'
import { tensorAt } from '../tensor-access.ts'
import type { Kernel } from './kernel.ts'
import { reductionTargets } from './reduce.ts'

export function prepareMeanFloat(graph: Graph, op: Mean): Kernel {
  const { shape } = tensorAt(graph, op.inputs[0])
  const targets = reductionTargets(shape, op.axes)
  const sums = new Float64Array(elementCount(tensorAt(graph, op.outputs[0]).shape))
  const count = targets.length / sums.length
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Float32Array
    const output = buffers[op.outputs[0]!] as Float32Array
    sums.fill(0)
    for (let i = 0; i < targets.length; i++) sums[targets[i]!] = sums[targets[i]!]! + input[i]!
    for (let i = 0; i < sums.length; i++) output[i] = sums[i]! / count
  }
}

/** Along the last axis; the maximum is taken off first, so that exp never overflows. */
export function prepareSoftmaxFloat(graph: Graph, op: Softmax): Kernel {
  const { shape } = tensorAt(graph, op.inputs[0])
  const depth = shape.at(-1) ?? 1
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Float32Array
    const output = buffers[op.outputs[0]!] as Float32Array
    for (let from = 0; from < input.length; from += depth) {
      let max = -Infinity
      for (let i = from; i < from + depth; i++) max = Math.max(max, input[i]!)
      let sum = 0
      for (let i = from; i < from + depth; i++) sum += Math.exp((input[i]! - max) * op.beta)
      for (let i = from; i < from + depth; i++) output[i] = Math.exp((input[i]! - max) * op.beta) / sum
    }
  }
}
