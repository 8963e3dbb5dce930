import { elementCount, type DepthwiseConv2D, type Graph } from '../graph.ts'
import { convolutionParams } from '../quantized-params.ts'
import { validTaps, windowGeometry } from '../shapes.ts'
import { constantOf, tensorAt } from '../tensor-access.ts'
import { centre, requantize } from './int8-requantize.ts'
import type { Kernel } from './kernel.ts'

/** Output channel c * multiplier + m reads input channel c. */
export function prepareDepthwiseConv2DInt8(graph: Graph, op: DepthwiseConv2D): Kernel {
  const g = windowGeometry(graph, op)
  const params = convolutionParams(graph, op)
  const weights = constantOf(graph, op.inputs[1], Int8Array)
  const centred = new Int16Array(elementCount(tensorAt(graph, op.inputs[0]).shape))
  const accumulators = new Int32Array(g.outputC)
  const inputId = op.inputs[0]!
  const outputId = op.outputs[0]!
  const { multiplier } = op

  return (buffers) => {
    centre(buffers[inputId] as Int8Array, params.inputZeroPoint, centred)
    const output = buffers[outputId] as Int8Array
    let out = 0
    for (let n = 0; n < g.batches; n++)
      for (let oy = 0; oy < g.outputH; oy++)
        for (let ox = 0; ox < g.outputW; ox++) {
          const y0 = oy * g.strideH - g.padTop
          const x0 = ox * g.strideW - g.padLeft
          const [fromY, toY] = validTaps(y0, g.inputH, g.filterH, g.dilationH)
          const [fromX, toX] = validTaps(x0, g.inputW, g.filterW, g.dilationW)
          accumulators.set(params.bias)
          for (let fy = fromY; fy < toY; fy++)
            for (let fx = fromX; fx < toX; fx++) {
              const pixel = (n * g.inputH + y0 + fy * g.dilationH) * g.inputW + x0 + fx * g.dilationW
              accumulate(accumulators, centred, pixel * g.inputC, weights, (fy * g.filterW + fx) * g.outputC)
            }
          for (let oc = 0; oc < g.outputC; oc++) output[out++] = requantize(accumulators[oc]!, oc, params)
        }
  }

  function accumulate(acc: Int32Array, x: Int16Array, xFrom: number, w: Int8Array, wFrom: number): void {
    if (multiplier === 1) {
      for (let c = 0; c < acc.length; c++) acc[c] = acc[c]! + Math.imul(x[xFrom + c]!, w[wFrom + c]!)
      return
    }
    let oc = 0
    for (let c = 0; oc < acc.length; c++)
      for (let m = 0; m < multiplier; m++, oc++) acc[oc] = acc[oc]! + Math.imul(x[xFrom + c]!, w[wFrom + oc]!)
  }
}
