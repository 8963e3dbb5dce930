// A RELU or RELU6 by itself becomes the clamp of the op before it: convolutions, FULLY_CONNECTED, ADD, pools.
//
// Between equal scales and zero points such a RELU only clamps: its multiplier is one, which the kernels' double rounding
// gives back exactly. And one clamp after another is one clamp by the narrower of both.

import type { Activation, Graph } from '../../ir/graph.ts'
import { tensorAt } from '../../ir/tensor-access.ts'
import { isInt8, layerName, meansTheSame, soleWriter, writeInstead, type Rewrite } from './rewrite.ts'

export const fuseActivation: Rewrite = {
  name: 'activations fused',
  apply(graph) {
    for (const [index, op] of graph.ops.entries()) {
      if (op.kind !== 'RELU' && op.kind !== 'RELU6') continue
      const fused = fuse(graph, index, op.kind === 'RELU' ? 'relu' : 'relu6')
      if (fused !== undefined) return { graph: fused, layers: [layerName(graph, op)] }
    }
    return undefined
  },
}

function fuse(graph: Graph, index: number, then: 'relu' | 'relu6'): Graph | undefined {
  const { inputs, outputs } = graph.ops[index]!
  const [input, output] = [inputs[0]!, outputs[0]!]
  if (!isInt8(graph, input) || !meansTheSame(tensorAt(graph, input), tensorAt(graph, output))) return undefined
  const writer = soleWriter(graph, input, index)
  if (writer === undefined) return undefined
  const producer = graph.ops[writer]!
  if (!('activation' in producer) || producer.activation === 'relu_n1_to_1') return undefined
  return writeInstead(graph, index, writer, { ...producer, activation: narrower(producer.activation, then) })
}

const narrower = (first: Activation, then: 'relu' | 'relu6'): Activation => (first === 'relu6' ? 'relu6' : then)
