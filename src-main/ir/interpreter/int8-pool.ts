import type { Graph, Pool2D } from '../graph.ts'
import { poolParams } from '../quantized-params.ts'
import { validTaps, windowGeometry } from '../shapes.ts'
import type { Kernel } from './kernel.ts'

/** The average divides by the elements inside the input, rounding half away from zero; padding does not count. */
export function preparePoolInt8(graph: Graph, op: Pool2D): Kernel {
  const g = windowGeometry(graph, op)
  const { activationMin, activationMax } = poolParams(graph, op)
  const average = op.kind === 'AVERAGE_POOL_2D'

  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
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
            let max = -128
            for (let fy = fromY; fy < toY; fy++)
              for (let fx = fromX; fx < toX; fx++) {
                const value = input[((n * g.inputH + y0 + fy) * g.inputW + x0 + fx) * g.inputC + c]!
                sum += value
                if (value > max) max = value
              }
            const half = count >> 1
            const value = average ? Math.trunc((sum > 0 ? sum + half : sum - half) / count) : max
            output[out++] = Math.max(activationMin, Math.min(activationMax, value))
          }
        }
  }
}
