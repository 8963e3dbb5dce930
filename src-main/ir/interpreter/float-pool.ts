import type { Graph, Pool2D } from '../graph.ts'
import { activationBounds } from '../quantized-params.ts'
import { validTaps, windowGeometry } from '../shapes.ts'
import type { Kernel } from './kernel.ts'

/** The average divides by the elements inside the input; padding does not count. */
export function preparePoolFloat(graph: Graph, op: Pool2D): Kernel {
  const g = windowGeometry(graph, op)
  const [low, high] = activationBounds(op.activation)
  const average = op.kind === 'AVERAGE_POOL_2D'

  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Float32Array
    const output = buffers[op.outputs[0]!] as Float32Array
    let out = 0
    for (let n = 0; n < g.batches; n++)
      for (let oy = 0; oy < g.outputH; oy++)
        for (let ox = 0; ox < g.outputW; ox++) {
          const y0 = oy * g.strideH - g.padTop
          const x0 = ox * g.strideW - g.padLeft
          const [fromY, toY] = validTaps(y0, g.inputH, g.filterH, 1)
          const [fromX, toX] = validTaps(x0, g.inputW, g.filterW, 1)
          const count = (toY - fromY) * (toX - fromX)
          for (let c = 0; c < g.inputC; c++) {
            let sum = 0
            let max = -Infinity
            for (let fy = fromY; fy < toY; fy++)
              for (let fx = fromX; fx < toX; fx++) {
                const value = input[((n * g.inputH + y0 + fy) * g.inputW + x0 + fx) * g.inputC + c]!
                sum += value
                if (value > max) max = value
              }
            output[out++] = Math.max(low, Math.min(high, average ? sum / count : max))
          }
        }
  }
}
