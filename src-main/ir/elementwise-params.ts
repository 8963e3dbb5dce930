// The integer constants of MUL and PRELU. As in quantized-params.ts, the interpreter runs on them and the packer writes them into flash.
// Source of the formulas: the Prepare functions of TensorFlow Lite Micro's reference kernels.

import { quantizeMultiplier, type QuantizedMultiplier } from './fixed-point.ts'
import type { Graph, Mul, Prelu } from './graph.ts'
import { activationRange, type ActivationRange } from './quantized-params.ts'
import { scaleOf, tensorAt, zeroPointOf } from './tensor-access.ts'

export interface MulParams extends ActivationRange {
  inputZeroPoints: readonly [number, number]
  outputZeroPoint: number
  outputMultiplier: QuantizedMultiplier
}

/** MUL: the product of two centred values, which needs 18 bits, scaled once. */
export function mulParams(graph: Graph, op: Mul): MulParams {
  const a = tensorAt(graph, op.inputs[0])
  const b = tensorAt(graph, op.inputs[1])
  const output = tensorAt(graph, op.outputs[0])
  return {
    inputZeroPoints: [zeroPointOf(a), zeroPointOf(b)],
    outputZeroPoint: zeroPointOf(output),
    outputMultiplier: quantizeMultiplier((scaleOf(a) * scaleOf(b)) / scaleOf(output)),
    ...activationRange(op.activation, output),
  }
}

export interface PreluParams {
  inputZeroPoint: number
  slopeZeroPoint: number
  outputZeroPoint: number
  /** of inputs >= 0 */
  identityMultiplier: QuantizedMultiplier
  /** of the product of a negative input and its slope */
  slopeMultiplier: QuantizedMultiplier
}

export function preluParams(graph: Graph, op: Prelu): PreluParams {
  const input = tensorAt(graph, op.inputs[0])
  const slope = tensorAt(graph, op.inputs[1])
  const output = tensorAt(graph, op.outputs[0])
  return {
    inputZeroPoint: zeroPointOf(input),
    slopeZeroPoint: zeroPointOf(slope),
    outputZeroPoint: zeroPointOf(output),
    identityMultiplier: quantizeMultiplier(scaleOf(input) / scaleOf(output)),
    slopeMultiplier: quantizeMultiplier((scaleOf(input) * scaleOf(slope)) / scaleOf(output)),
  }
}
