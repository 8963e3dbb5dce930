// A RESHAPE whose readers take its input as well: FULLY_CONNECTED that flattens, and another RESHAPE.

import type { Graph, Op } from '../../ir/graph.ts'
import { tensorAt } from '../../ir/tensor-access.ts'
import { layerName, meansTheSame, readInstead, readersOf, type Rewrite } from './rewrite.ts'

export const removeReshape: Rewrite = {
  name: 'reshapes removed',
  apply(graph) {
    const index = graph.ops.findIndex((op) => op.kind === 'RESHAPE' && isNeedless(graph, op))
    if (index < 0) return undefined
    const op = graph.ops[index]!
    return { graph: readInstead(graph, index, op.inputs[0]!), layers: [layerName(graph, op)] }
  },
}

function isNeedless(graph: Graph, { inputs, outputs }: Op): boolean {
  const [from, to] = [inputs[0]!, outputs[0]!]
  const readers = readersOf(graph, to).map((index) => graph.ops[index]!)
  return (
    readers.length > 0 &&
    !graph.outputs.includes(to) &&
    meansTheSame(tensorAt(graph, from), tensorAt(graph, to)) &&
    readers.every(
      (op) => op.kind === 'RESHAPE' || (op.kind === 'FULLY_CONNECTED' && !op.keepNumDims && op.inputs[0] === to),
    )
  )
}
