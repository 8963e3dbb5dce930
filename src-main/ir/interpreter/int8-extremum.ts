import type { Extremum, Graph } from '../graph.ts'
import { binaryWalk } from './broadcast.ts'
import type { Kernel } from './kernel.ts'

/** MINIMUM and MAXIMUM: all three tensors have one scale, so the integers are compared as they are. */
export function prepareExtremumInt8(graph: Graph, op: Extremum): Kernel {
  const choose = op.kind === 'MINIMUM' ? Math.min : Math.max
  const forEachPair = binaryWalk(graph, op)
  return (buffers) => {
    const a = buffers[op.inputs[0]!] as Int8Array
    const b = buffers[op.inputs[1]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    forEachPair((i, j, out) => {
      output[out] = choose(a[i]!, b[j]!)
    })
  }
}
