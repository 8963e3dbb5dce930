import { roundHalfAwayFromZero } from '../fixed-point.ts'
import type { Dequantize, Graph, Quantize } from '../graph.ts'
import { dequantizeParams, quantizeParams } from '../quantized-params.ts'
import type { Kernel } from './kernel.ts'

export function prepareQuantize(graph: Graph, op: Quantize): Kernel {
  const { scale, zeroPoint } = quantizeParams(graph, op)
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Float32Array
    quantizeToInt8(input, scale, zeroPoint, buffers[op.outputs[0]!] as Int8Array)
  }
}

/** float32 -> int8, saturating. A NaN becomes the zero point, as the target's float-to-integer conversion makes of it. */
export function quantizeToInt8(values: Float32Array, scale: number, zeroPoint: number, output: Int8Array): void {
  for (let i = 0; i < output.length; i++) {
    const q = roundHalfAwayFromZero(Math.fround(values[i]! / scale)) + zeroPoint
    output[i] = Number.isNaN(q) ? zeroPoint : Math.max(-128, Math.min(127, q))
  }
}

export function prepareDequantize(graph: Graph, op: Dequantize): Kernel {
  const { scale, zeroPoint } = dequantizeParams(graph, op)
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Float32Array
    for (let i = 0; i < output.length; i++) output[i] = scale * (input[i]! - zeroPoint)
  }
}
