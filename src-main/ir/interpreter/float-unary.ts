// float32 ops of one value. Each value is computed in double and rounded once.

import type { LeakyRelu, Relu, Unary } from '../graph.ts'
import { activationBounds } from '../quantized-params.ts'
import type { Kernel } from './kernel.ts'

const FUNCTIONS: Record<Unary['kind'], (x: number) => number> = {
  ABS: Math.abs,
  HARD_SWISH: (x) => (x * Math.max(0, Math.min(6, x + 3))) / 6,
  LOGISTIC: (x) => 1 / (1 + Math.exp(-x)),
  TANH: Math.tanh,
}

export const prepareUnaryFloat = (op: Unary): Kernel => eachValue(op, FUNCTIONS[op.kind])

export const prepareLeakyReluFloat = (op: LeakyRelu): Kernel => eachValue(op, (x) => (x > 0 ? x : x * op.alpha))

export function prepareReluFloat(op: Relu): Kernel {
  const [low, high] = activationBounds(op.kind === 'RELU' ? 'relu' : 'relu6')
  return eachValue(op, (x) => Math.max(low, Math.min(high, x)))
}

function eachValue(op: Unary | LeakyRelu | Relu, compute: (x: number) => number): Kernel {
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Float32Array
    const output = buffers[op.outputs[0]!] as Float32Array
    for (let i = 0; i < output.length; i++) output[i] = compute(input[i]!)
  }
}
