import { DTYPE_BYTES, elementCount, type Graph, type Tensor, type TensorId } from './graph.ts'
import { opMacs } from './op-table.ts'
import { tensorAt } from './tensor-access.ts'

/** What `thimble inspect` and the window say about a model: contract/api.ts `inspection`. */
export function inspect(graph: Graph, format: string) {
  const constants = constantsOf(graph)
  const ops: Record<string, number> = {}
  for (const op of graph.ops) ops[op.kind] = (ops[op.kind] ?? 0) + 1
  return {
    format,
    inputs: graph.inputs.map((id) => tensorInfo(tensorAt(graph, id))),
    outputs: graph.outputs.map((id) => tensorInfo(tensorAt(graph, id))),
    ops,
    /** weights and biases, counted in values */
    parameters: constants.reduce((sum, tensor) => sum + elementCount(tensor.shape), 0),
    macs: graph.ops.reduce((sum, op) => sum + opMacs(graph, op), 0),
    weightBytes: constants.reduce((sum, tensor) => sum + elementCount(tensor.shape) * DTYPE_BYTES[tensor.dtype], 0),
  }
}

/** The constants that ops read, each once. */
function constantsOf(graph: Graph): Tensor[] {
  const ids = new Set<TensorId>(graph.ops.flatMap((op) => op.inputs))
  return [...ids].map((id) => tensorAt(graph, id)).filter((tensor) => tensor.data !== undefined)
}

function tensorInfo(tensor: Tensor) {
  return {
    name: tensor.name,
    shape: [...tensor.shape],
    dtype: tensor.dtype,
    scale: tensor.quantization?.scale[0] ?? null,
    zeroPoint: tensor.quantization?.zeroPoint[0] ?? null,
  }
}
