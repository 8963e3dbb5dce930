import type { Graph, TensorId } from '../../src-main/ir/graph.ts'

/** One op of a graph as a graph of its own; its non-constant inputs become the graph's inputs. */
export function singleOp(graph: Graph, index: number): Graph {
  const op = graph.ops[index]!
  const ids = [...new Set<TensorId>([...op.inputs, ...op.outputs])]
  const renumber = (list: readonly TensorId[]) => list.map((id) => ids.indexOf(id))
  const inputs = [...new Set(op.inputs)].filter((id) => graph.tensors[id]!.data === undefined)
  return {
    name: `${graph.name}-${index}`,
    tensors: ids.map((id) => graph.tensors[id]!),
    ops: [{ ...op, inputs: renumber(op.inputs), outputs: renumber(op.outputs) }],
    inputs: renumber(inputs),
    outputs: renumber(op.outputs),
  }
}
