import type { OnnxBuilder, Value } from './onnx-builder.ts'

// Adam (Kingma and Ba, 2015) with its usual constants.
const BETA1 = 0.9
const BETA2 = 0.999
const EPSILON = 1e-8

/**
 * The rate to feed at `step` (1, 2, …): the paper's efficient form, which puts both bias corrections into the rate, so
 * that the graph needs no step counter.
 */
export const adamRate = (learningRate: number, step: number) =>
  (learningRate * Math.sqrt(1 - BETA2 ** step)) / (1 - BETA1 ** step)

export interface AdamInput {
  parameters: Value
  gradient: Value
  /** first and second moments behind each other, [2 * size]; zeros at the start */
  moments: Value
  rate: Value
  size: number
}

export function emitAdam(onnx: OnnxBuilder, input: AdamInput): { parameters: Value; moments: Value } {
  const { parameters, gradient, size } = input
  const blend = (old: Value, beta: number, fresh: Value) =>
    onnx.node('Add', [onnx.node('Mul', [old, onnx.scalar(beta)]), onnx.node('Mul', [fresh, onnx.scalar(1 - beta)])])
  const [oldMean, oldSquare] = onnx.nodes('Split', [input.moments, onnx.integers([size, size])], 2)
  const mean = blend(oldMean!, BETA1, gradient)
  const square = blend(oldSquare!, BETA2, onnx.node('Mul', [gradient, gradient]))
  const scale = onnx.node('Add', [onnx.node('Sqrt', [square]), onnx.scalar(EPSILON)])
  const step = onnx.node('Mul', [onnx.node('Div', [mean, scale]), input.rate])
  return {
    parameters: onnx.node('Sub', [parameters, step]),
    moments: onnx.node('Concat', [mean, square], { axis: 0 }),
  }
}
