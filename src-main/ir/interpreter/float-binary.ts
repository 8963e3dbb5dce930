// Ops of two float32 tensors that are broadcast against each other.

import type { Add, Extremum, Graph, Mul, Op, Prelu, Sub } from '../graph.ts'
import { activationBounds } from '../quantized-params.ts'
import { binaryWalk } from './broadcast.ts'
import type { Kernel } from './kernel.ts'

const ARITHMETIC: Record<'ADD' | 'SUB' | 'MUL', (a: number, b: number) => number> = {
  ADD: (a, b) => a + b,
  SUB: (a, b) => a - b,
  MUL: (a, b) => a * b,
}

export function prepareArithmeticFloat(graph: Graph, op: Add | Sub | Mul): Kernel {
  const [low, high] = activationBounds(op.activation)
  const compute = ARITHMETIC[op.kind]
  return pairwise(graph, op, (a, b) => Math.max(low, Math.min(high, compute(a, b))))
}

export const prepareExtremumFloat = (graph: Graph, op: Extremum): Kernel =>
  pairwise(graph, op, op.kind === 'MINIMUM' ? Math.min : Math.max)

export const preparePreluFloat = (graph: Graph, op: Prelu): Kernel =>
  pairwise(graph, op, (x, slope) => (x >= 0 ? x : x * slope))

function pairwise(graph: Graph, op: Op, compute: (a: number, b: number) => number): Kernel {
  const forEachPair = binaryWalk(graph, op)
  return (buffers) => {
    const a = buffers[op.inputs[0]!] as Float32Array
    const b = buffers[op.inputs[1]!] as Float32Array
    const output = buffers[op.outputs[0]!] as Float32Array
    forEachPair((i, j, out) => {
      output[out] = compute(a[i]!, b[j]!)
    })
  }
}
