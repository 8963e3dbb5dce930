import type { Inspection } from '../contract/api.ts'
import { elementCount, tensorBytes, type Graph, type TensorId } from '../ir/graph.ts'
import { opMacs } from '../ir/op-table.ts'
import { readModelFile } from './read-model-file.ts'

/** What is in a model file. Throws what readModelFile throws. */
export function inspectModel(file: string): Inspection {
  const { format, graph } = readModelFile(file)
  const constants = graph.tensors.filter((tensor) => tensor.data !== undefined)
  const ops: Record<string, number> = {}
  for (const op of graph.ops) ops[op.kind] = (ops[op.kind] ?? 0) + 1
  return {
    format,
    inputs: graph.inputs.map((id) => tensorInfo(graph, id)),
    outputs: graph.outputs.map((id) => tensorInfo(graph, id)),
    ops,
    parameters: constants.reduce((sum, tensor) => sum + elementCount(tensor.shape), 0),
    macs: graph.ops.reduce((sum, op) => sum + opMacs(graph, op), 0),
    weightBytes: constants.reduce((sum, tensor) => sum + tensorBytes(tensor), 0),
  }
}

/** Scale and zero point are null where the tensor is not quantized, or has one for each channel. */
export function tensorInfo(graph: Graph, id: TensorId): Inspection['inputs'][number] {
  const { name, shape, dtype, quantization } = graph.tensors[id]!
  const single = quantization?.scale.length === 1
  return {
    name,
    shape: [...shape],
    dtype,
    scale: single ? quantization.scale[0]! : null,
    zeroPoint: single ? quantization.zeroPoint[0]! : null,
  }
}
