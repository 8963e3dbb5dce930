// CONV_2D and FULLY_CONNECTED in int8. The input is centred (x - zero point) once, into 16 bits; a window's row is then
// one dot product of neighbouring values, and padding contributes nothing.

import { elementCount, type Conv2D, type FullyConnected, type Graph } from '../graph.ts'
import { convolutionParams, fullyConnectedShape } from '../quantized-params.ts'
import { validTaps, windowGeometry } from '../shapes.ts'
import { constantOf, tensorAt } from '../tensor-access.ts'
import { centre, requantize } from './int8-requantize.ts'
import type { Kernel } from './kernel.ts'

export function prepareConv2DInt8(graph: Graph, op: Conv2D): Kernel {
  const g = windowGeometry(graph, op)
  const params = convolutionParams(graph, op)
  const weights = constantOf(graph, op.inputs[1], Int8Array)
  const centred = new Int16Array(elementCount(tensorAt(graph, op.inputs[0]).shape))
  const inputId = op.inputs[0]!
  const outputId = op.outputs[0]!
  const tapsOfChannel = g.filterH * g.filterW * g.inputC
  const contiguousRow = g.dilationW === 1

  return (buffers) => {
    centre(buffers[inputId] as Int8Array, params.inputZeroPoint, centred)
    const output = buffers[outputId] as Int8Array
    const { bias } = params
    let out = 0
    for (let n = 0; n < g.batches; n++)
      for (let oy = 0; oy < g.outputH; oy++)
        for (let ox = 0; ox < g.outputW; ox++) {
          const y0 = oy * g.strideH - g.padTop
          const x0 = ox * g.strideW - g.padLeft
          const [fromY, toY] = validTaps(y0, g.inputH, g.filterH, g.dilationH)
          const [fromX, toX] = validTaps(x0, g.inputW, g.filterW, g.dilationW)
          for (let oc = 0; oc < g.outputC; oc++) {
            let acc = bias[oc]!
            for (let fy = fromY; fy < toY; fy++) {
              const row = (n * g.inputH + y0 + fy * g.dilationH) * g.inputW
              const weightRow = oc * tapsOfChannel + fy * g.filterW * g.inputC
              if (contiguousRow) {
                const from = (row + x0 + fromX) * g.inputC
                acc += dot(centred, from, weights, weightRow + fromX * g.inputC, (toX - fromX) * g.inputC)
              } else {
                for (let fx = fromX; fx < toX; fx++) {
                  const from = (row + x0 + fx * g.dilationW) * g.inputC
                  acc += dot(centred, from, weights, weightRow + fx * g.inputC, g.inputC)
                }
              }
            }
            output[out++] = requantize(acc | 0, oc, params)
          }
        }
  }
}

export function prepareFullyConnectedInt8(graph: Graph, op: FullyConnected): Kernel {
  const { batches, inputs, outputs } = fullyConnectedShape(graph, op)
  const params = convolutionParams(graph, op)
  const weights = constantOf(graph, op.inputs[1], Int8Array)
  const centred = new Int16Array(batches * inputs)
  const inputId = op.inputs[0]!
  const outputId = op.outputs[0]!

  return (buffers) => {
    centre(buffers[inputId] as Int8Array, params.inputZeroPoint, centred)
    const output = buffers[outputId] as Int8Array
    for (let n = 0; n < batches; n++)
      for (let oc = 0; oc < outputs; oc++) {
        const acc = params.bias[oc]! + dot(centred, n * inputs, weights, oc * inputs, inputs)
        output[n * outputs + oc] = requantize(acc | 0, oc, params)
      }
  }
}

function dot(x: Int16Array, xFrom: number, w: Int8Array, wFrom: number, length: number): number {
  let even = 0
  let odd = 0
  const pairs = length & ~1
  for (let i = 0; i < pairs; i += 2) {
    even = (even + Math.imul(x[xFrom + i]!, w[wFrom + i]!)) | 0
    odd = (odd + Math.imul(x[xFrom + i + 1]!, w[wFrom + i + 1]!)) | 0
  }
  if (pairs < length) even = (even + Math.imul(x[xFrom + pairs]!, w[wFrom + pairs]!)) | 0
  return (even + odd) | 0
}
