// TRANSPOSE_CONV, gathered: each output value sums the input values whose windows reach it. The reference kernels
// (transpose_conv.h) scatter from the input instead; the sums are of the same products.

import { elementCount, type Graph, type TransposeConv } from '../graph.ts'
import { activationBounds, convolutionParams } from '../quantized-params.ts'
import { transposedGeometry, type WindowGeometry } from '../shapes.ts'
import { constantOf, tensorAt } from '../tensor-access.ts'
import { centre, requantize } from './int8-requantize.ts'
import type { Kernel } from './kernel.ts'

export function prepareTransposeConvInt8(graph: Graph, op: TransposeConv): Kernel {
  const g = transposedGeometry(graph, op)
  const params = convolutionParams(graph, op)
  const weights = constantOf(graph, op.inputs[1], Int8Array)
  const centred = new Int16Array(elementCount(tensorAt(graph, op.inputs[0]).shape))
  return (buffers) => {
    centre(buffers[op.inputs[0]!] as Int8Array, params.inputZeroPoint, centred)
    const output = buffers[op.outputs[0]!] as Int8Array
    gather(g, (out, channel, taps) => {
      let acc = params.bias[channel]!
      for (const [x, w] of taps)
        for (let c = 0; c < g.inputC; c++) acc = (acc + Math.imul(centred[x + c]!, weights[w + c]!)) | 0
      output[out] = requantize(acc, channel, params)
    })
  }
}

export function prepareTransposeConvFloat(graph: Graph, op: TransposeConv): Kernel {
  const g = transposedGeometry(graph, op)
  const weights = constantOf(graph, op.inputs[1], Float32Array)
  const bias = op.inputs[2] === undefined ? undefined : constantOf(graph, op.inputs[2], Float32Array)
  const [low, high] = activationBounds(op.activation)
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Float32Array
    const output = buffers[op.outputs[0]!] as Float32Array
    gather(g, (out, channel, taps) => {
      let sum = bias?.[channel] ?? 0
      for (const [x, w] of taps) for (let c = 0; c < g.inputC; c++) sum += input[x + c]! * weights[w + c]!
      output[out] = Math.max(low, Math.min(high, sum))
    })
  }
}

/** [first value of an input pixel, first weight of the tap that leads from there] */
type Tap = readonly [input: number, weight: number]

/** Visits every output value in order with the taps that reach it. */
function gather(g: WindowGeometry, visit: (output: number, channel: number, taps: readonly Tap[]) => void): void {
  const filterSize = g.filterH * g.filterW * g.inputC
  let out = 0
  for (let n = 0; n < g.batches; n++)
    for (let oy = 0; oy < g.outputH; oy++)
      for (let ox = 0; ox < g.outputW; ox++) {
        const reached: Tap[] = []
        for (let fy = 0; fy < g.filterH; fy++)
          for (let fx = 0; fx < g.filterW; fx++) {
            const y = (oy + g.padTop - fy) / g.strideH
            const x = (ox + g.padLeft - fx) / g.strideW
            const inside = y >= 0 && y < g.inputH && x >= 0 && x < g.inputW
            if (!inside || !Number.isInteger(y) || !Number.isInteger(x)) continue
            reached.push([((n * g.inputH + y) * g.inputW + x) * g.inputC, (fy * g.filterW + fx) * g.inputC])
          }
        for (let oc = 0; oc < g.outputC; oc++) {
          const taps = reached.map(([x, w]): Tap => [x, oc * filterSize + w])
          visit(out++, oc, taps)
        }
      }
}
