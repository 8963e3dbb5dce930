import { bytes, type Bytes } from '../base/units.ts'
import { tensorBytes, type Graph, type TensorId } from '../ir/graph.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { isWeighted, prepareWeights } from './weighted-op.ts'

/** Bytes of constants in flash; what the packed model adds around them (plan, header) is packModel's to say. */
export interface ConstantBytes {
  weights: Bytes
  biases: Bytes
  /** multipliers and shifts */
  quantization: Bytes
  total: Bytes
}

/** Constants that ops read, each counted once however many ops share it. */
export function constantBytes(graph: Graph): ConstantBytes {
  const counted = new Set<TensorId>()
  let weights = 0
  let biases = 0
  let quantization = 0
  const bytesOnce = (id: TensorId | undefined) => {
    if (id === undefined || counted.has(id) || !tensorAt(graph, id).data) return 0
    counted.add(id)
    return tensorBytes(tensorAt(graph, id))
  }
  for (const op of graph.ops) {
    if (isWeighted(op)) {
      const prepared = prepareWeights(graph, op)
      weights += bytesOnce(op.inputs[1])
      biases += op.inputs[2] === undefined ? prepared.bias.byteLength : bytesOnce(op.inputs[2])
      quantization += prepared.multipliers.byteLength + prepared.shifts.byteLength
    } else for (const id of op.inputs) weights += bytesOnce(id)
  }
  return {
    weights: bytes(weights),
    biases: bytes(biases),
    quantization: bytes(quantization),
    total: bytes(weights + biases + quantization),
  }
}
