import type { ArgMax, Graph } from '../graph.ts'
import { axisLoops } from '../shapes.ts'
import { tensorAt } from '../tensor-access.ts'
import type { Kernel } from './kernel.ts'

/** Of equal values the first counts, and a NaN counts less than any number. Source: TFLM's reference arg_min_max.h. */
export function prepareArgMax(graph: Graph, op: ArgMax): Kernel {
  const { outer, depth, inner } = axisLoops(tensorAt(graph, op.inputs[0]).shape, op.axis)
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array | Float32Array
    const output = buffers[op.outputs[0]!] as Int32Array
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) {
        const first = o * depth * inner + i
        let best = 0
        for (let k = 1; k < depth; k++) {
          const [value, most] = [input[first + k * inner]!, input[first + best * inner]!]
          if (value > most || (Number.isNaN(most) && !Number.isNaN(value))) best = k
        }
        output[o * inner + i] = best
      }
  }
}
