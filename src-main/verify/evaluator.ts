import type { Graph, TensorData, TensorId } from '../ir/graph.ts'
import { createInterpreter } from '../ir/interpreter/interpreter.ts'

/** Tensors of `graph` have the same ids in the graph that was made of it. */
export interface Rewritten {
  graph: Graph
  /** of tensors that have fewer channels there: which of the last dimension's they have, ascending */
  keptChannels: ReadonlyMap<TensorId, readonly number[]>
}

/**
 * Something that runs a graph: the interpreter here, a board, another runtime. Board and runtimes are handed in by the
 * caller. Op indices and outputs are those of `graph`.
 */
export interface Evaluator {
  name: string
  graph: Graph
  /** where `graph` was made of another one by exact rewrites */
  rewrittenFrom?: Rewritten
  /** Every op's outputs of one inference, in op order. */
  run: (inputs: readonly TensorData[]) => Promise<TensorData[][]> | TensorData[][]
  /** One op's outputs, given its non-constant inputs; absent where that can't be done. */
  runOp?: (index: number, inputs: readonly TensorData[]) => Promise<TensorData[]> | TensorData[]
}

export function interpreterEvaluator(graph: Graph, name: string): Evaluator {
  const interpreter = createInterpreter(graph)
  return {
    name,
    graph,
    run(inputs) {
      const made = new Map<TensorId, TensorData>()
      interpreter.run(inputs, (id, data) => made.set(id, data.slice()))
      return graph.ops.map((op) => op.outputs.map((id) => made.get(id)!))
    },
    runOp: (index, inputs) => interpreter.runOp(index, inputs),
  }
}
