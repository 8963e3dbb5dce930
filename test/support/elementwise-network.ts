// A float32 network of every element-wise op, with broadcasts and constants: [1, 4, 4, 6] in and out.

import { createRng } from '../../src-main/base/rng.ts'
import type { Graph, Op, Tensor, TensorId } from '../../src-main/ir/graph.ts'

type Attributes<O = Op> = O extends Op ? Omit<O, 'inputs' | 'outputs'> : never

export const ELEMENTWISE_SHAPE = [1, 4, 4, 6]

export function elementwiseNetwork(seed: number): Graph {
  const rng = createRng(seed).fork('element-wise')
  const tensors: Tensor[] = [{ name: 'x', shape: ELEMENTWISE_SHAPE, dtype: 'float32' }]
  const ops: Op[] = []
  const constant = (name: string): TensorId => {
    const data = Float32Array.from({ length: 6 }, () => rng.uniform(-0.5, 0.5))
    return tensors.push({ name, shape: [6], dtype: 'float32', data }) - 1
  }
  const apply = (op: Attributes, ...inputs: TensorId[]): TensorId => {
    const id = tensors.push({ name: `${op.kind}`, shape: ELEMENTWISE_SHAPE, dtype: 'float32' }) - 1
    ops.push({ ...op, inputs, outputs: [id] })
    return id
  }
  const leaky = apply({ kind: 'LEAKY_RELU', alpha: Math.fround(0.2) }, 0)
  const swish = apply({ kind: 'HARD_SWISH' }, leaky)
  const gate = apply({ kind: 'LOGISTIC' }, 0)
  const gated = apply({ kind: 'MUL', activation: 'none' }, swish, gate)
  const bent = apply({ kind: 'TANH' }, gated)
  const moved = apply({ kind: 'SUB', activation: 'none' }, bent, constant('offset'))
  const size = apply({ kind: 'ABS' }, moved)
  const sloped = apply({ kind: 'PRELU' }, moved, constant('slope'))
  const least = apply({ kind: 'MINIMUM' }, size, sloped)
  const most = apply({ kind: 'MAXIMUM' }, least, constant('floor'))
  return { name: 'element-wise', tensors, ops, inputs: [0], outputs: [most] }
}

/** Inputs that reach the ends of the curves now and then. */
export function elementwiseSamples(seed: number, count: number): Float32Array[][] {
  const rng = createRng(seed)
  return Array.from({ length: count }, () => [Float32Array.from({ length: 96 }, () => 2.5 * rng.normal())])
}
