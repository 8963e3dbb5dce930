// CONV_2D, DEPTHWISE_CONV_2D and FULLY_CONNECTED in float32, accumulated in double.

import type { Conv2D, DepthwiseConv2D, FullyConnected, Graph } from '../graph.ts'
import { activationBounds, fullyConnectedShape } from '../quantized-params.ts'
import { validTaps, windowGeometry } from '../shapes.ts'
import { constantOf } from '../tensor-access.ts'
import type { Kernel } from './kernel.ts'

export function prepareConvolutionFloat(graph: Graph, op: Conv2D | DepthwiseConv2D): Kernel {
  const g = windowGeometry(graph, op)
  const weights = constantOf(graph, op.inputs[1], Float32Array)
  const bias = biasOf(graph, op, g.outputC)
  const [low, high] = activationBounds(op.activation)
  const depthwise = op.kind === 'DEPTHWISE_CONV_2D'
  const sums = new Float64Array(g.outputC)

  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Float32Array
    const output = buffers[op.outputs[0]!] as Float32Array
    let out = 0
    for (let n = 0; n < g.batches; n++)
      for (let oy = 0; oy < g.outputH; oy++)
        for (let ox = 0; ox < g.outputW; ox++) {
          const y0 = oy * g.strideH - g.padTop
          const x0 = ox * g.strideW - g.padLeft
          const [fromY, toY] = validTaps(y0, g.inputH, g.filterH, g.dilationH)
          const [fromX, toX] = validTaps(x0, g.inputW, g.filterW, g.dilationW)
          sums.set(bias)
          for (let fy = fromY; fy < toY; fy++)
            for (let fx = fromX; fx < toX; fx++) {
              const pixel = (n * g.inputH + y0 + fy * g.dilationH) * g.inputW + x0 + fx * g.dilationW
              const tap = fy * g.filterW + fx
              if (depthwise) addDepthwise(sums, input, pixel * g.inputC, weights, tap * g.outputC, op.multiplier)
              else {
                for (let oc = 0; oc < g.outputC; oc++) {
                  const from = (oc * g.filterH * g.filterW + tap) * g.inputC
                  sums[oc] = sums[oc]! + dot(input, pixel * g.inputC, weights, from, g.inputC)
                }
              }
            }
          for (let oc = 0; oc < g.outputC; oc++) output[out++] = Math.max(low, Math.min(high, sums[oc]!))
        }
  }
}

export function prepareFullyConnectedFloat(graph: Graph, op: FullyConnected): Kernel {
  const { batches, inputs, outputs } = fullyConnectedShape(graph, op)
  const weights = constantOf(graph, op.inputs[1], Float32Array)
  const bias = biasOf(graph, op, outputs)
  const [low, high] = activationBounds(op.activation)

  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Float32Array
    const output = buffers[op.outputs[0]!] as Float32Array
    for (let n = 0; n < batches; n++)
      for (let oc = 0; oc < outputs; oc++) {
        const sum = bias[oc]! + dot(input, n * inputs, weights, oc * inputs, inputs)
        output[n * outputs + oc] = Math.max(low, Math.min(high, sum))
      }
  }
}

const biasOf = (graph: Graph, op: Conv2D | DepthwiseConv2D | FullyConnected, channels: number) =>
  op.inputs[2] === undefined ? new Float32Array(channels) : constantOf(graph, op.inputs[2], Float32Array)

function addDepthwise(
  sums: Float64Array,
  x: Float32Array,
  xFrom: number,
  w: Float32Array,
  wFrom: number,
  multiplier: number,
): void {
  let oc = 0
  for (let c = 0; oc < sums.length; c++)
    for (let m = 0; m < multiplier; m++, oc++) sums[oc] = sums[oc]! + x[xFrom + c]! * w[wFrom + oc]!
}

function dot(x: Float32Array, xFrom: number, w: Float32Array, wFrom: number, length: number): number {
  let sum = 0
  for (let i = 0; i < length; i++) sum += x[xFrom + i]! * w[wFrom + i]!
  return sum
}
