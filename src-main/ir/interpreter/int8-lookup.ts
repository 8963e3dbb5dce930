import type { Graph } from '../graph.ts'
import { lookupTable, type LookupOp } from '../lookup-table.ts'
import type { Kernel } from './kernel.ts'

export function prepareLookupInt8(graph: Graph, op: LookupOp): Kernel {
  const table = lookupTable(graph, op)
  return (buffers) => {
    const input = buffers[op.inputs[0]!] as Int8Array
    const output = buffers[op.outputs[0]!] as Int8Array
    for (let i = 0; i < output.length; i++) output[i] = table[input[i]! + 128]!
  }
}
