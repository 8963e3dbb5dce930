// An op whose inputs are all constants gives a constant: the interpreter computes it once, here.

import type { Graph, Op } from '../../ir/graph.ts'
import { createInterpreter } from '../../ir/interpreter/interpreter.ts'
import { tensorAt } from '../../ir/tensor-access.ts'
import { isConstant, layerName, type Rewrite } from './rewrite.ts'

export const foldConstants: Rewrite = {
  name: 'constants folded',
  apply(graph) {
    const index = graph.ops.findIndex((op) => folds(graph, op))
    if (index < 0) return undefined
    const op = graph.ops[index]!
    const [output] = op.outputs as [number]
    const ids = [...new Set([...op.inputs, output])]
    const alone: Graph = {
      name: graph.name,
      tensors: ids.map((id) => tensorAt(graph, id)),
      ops: [{ ...op, inputs: op.inputs.map((id) => ids.indexOf(id)), outputs: [ids.indexOf(output)] }],
      inputs: [],
      outputs: [ids.indexOf(output)],
    }
    const [data] = createInterpreter(alone).run([])
    const tensors = graph.tensors.with(output, { ...tensorAt(graph, output), data: data! })
    return {
      graph: { ...graph, tensors, ops: graph.ops.filter((_, i) => i !== index) },
      layers: [layerName(graph, op)],
    }
  },
}

/** An output of the graph has to be computed: the chip's blob has no constant outputs. */
function folds(graph: Graph, op: Op): boolean {
  const { dtype } = tensorAt(graph, op.outputs[0])
  return (
    op.inputs.length > 0 &&
    op.outputs.length === 1 &&
    op.inputs.every((id) => isConstant(graph, id)) &&
    (dtype === 'int8' || dtype === 'float32') &&
    !graph.outputs.includes(op.outputs[0]!)
  )
}
