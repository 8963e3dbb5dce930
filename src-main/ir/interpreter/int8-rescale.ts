// One int8 value in, one out: RELU, RELU6 and QUANTIZE between scales. 256 possible inputs, so a table is the whole op.

import { multiplyByQuantizedMultiplier } from '../fixed-point.ts'
import type { Graph, Quantize, Relu } from '../graph.ts'
import { reluParams, rescaleParams, type ActivationRange, type RescaleParams } from '../quantized-params.ts'
import type { Kernel } from './kernel.ts'

export const prepareReluInt8 = (graph: Graph, op: Relu): Kernel => lookUp(op, reluParams(graph, op))

export const prepareRequantizeInt8 = (graph: Graph, op: Quantize): Kernel =>
  lookUp(op, { ...rescaleParams(graph, op), activationMin: -128, activationMax: 127 })

function lookUp(op: Quantize | Relu, p: RescaleParams & ActivationRange): Kernel {
  const table = Int8Array.from({ length: 256 }, (_, i) => {
    const value = multiplyByQuantizedMultiplier(i - 128 - p.inputZeroPoint, p.multiplier, p.shift) + p.outputZeroPoint
    return Math.max(p.activationMin, Math.min(p.activationMax, value))
  })
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    for (let i = 0; i < output.length; i++) output[i] = table[input[i]! + 128]!
  }
}
