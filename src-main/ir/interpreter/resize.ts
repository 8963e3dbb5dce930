import type { Graph, ResizeNearestNeighbor } from '../graph.ts'
import { nearestNeighbors } from '../nearest-neighbor.ts'
import { shape4 } from '../shapes.ts'
import { tensorAt } from '../tensor-access.ts'
import type { Kernel } from './kernel.ts'

/** The same for every type: pixels are copied. */
export function prepareResizeNearestNeighbor(graph: Graph, op: ResizeNearestNeighbor): Kernel {
  const [batches, inputH, inputW, channels] = shape4(tensorAt(graph, op.inputs[0]).shape)
  const [, outputH, outputW] = shape4(tensorAt(graph, op.outputs[0]).shape)
  const rows = nearestNeighbors(op, inputH, outputH)
  const columns = nearestNeighbors(op, inputW, outputW)
  return (buffers) => {
    const input = buffers[op.inputs[0]!]!
    const output = buffers[op.outputs[0]!]!
    let out = 0
    for (let n = 0; n < batches; n++)
      for (const y of rows)
        for (const x of columns) {
          const from = ((n * inputH + y) * inputW + x) * channels
          for (let c = 0; c < channels; c++) output[out++] = input[from + c]!
        }
  }
}
