// Ops that give their input as it is: RESHAPE to the same shape, PAD by nothing, QUANTIZE to the same scale and zero point.

import type { Graph, Op } from '../../ir/graph.ts'
import { sameShape } from '../../ir/shapes.ts'
import { tensorAt } from '../../ir/tensor-access.ts'
import { layerName, meansTheSame, withoutIdentity, type Rewrite } from './rewrite.ts'

export const removeIdentity: Rewrite = {
  name: 'identities removed',
  apply(graph) {
    for (const [index, op] of graph.ops.entries()) {
      const without = isIdentity(graph, op) ? withoutIdentity(graph, index) : undefined
      if (without !== undefined) return { graph: without, layers: [layerName(graph, op)] }
    }
    return undefined
  },
}

/** The scale may not differ in its last bits either: the next op's multiplier is made from it. */
function isIdentity(graph: Graph, op: Op): boolean {
  if (op.inputs.length === 0) return false
  const [input, output] = [tensorAt(graph, op.inputs[0]), tensorAt(graph, op.outputs[0])]
  if (!meansTheSame(input, output)) return false
  switch (op.kind) {
    case 'RESHAPE':
      return sameShape(input.shape, output.shape)
    case 'PAD':
      return op.paddings.every(([before, after]) => before === 0 && after === 0)
    case 'QUANTIZE':
      return true
    default:
      return false
  }
}
