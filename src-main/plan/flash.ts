import { bytes, type Bytes } from '../base/units.ts'
import { tensorBytes, type Graph, type TensorId } from '../ir/graph.ts'
import { isLookupOp, LOOKUP_BYTES } from '../ir/lookup-table.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import type { KernelChoice } from './planned-kernel.ts'
import { isWeighted, prepareWeights } from './weighted-op.ts'

/** Bytes of constants in flash; what the packed model adds around them (plan, header) is packModel's to say. */
export interface ConstantBytes {
  /** of generated kernels with biases and multipliers among them, in the order in which the kernel reads */
  weights: Bytes
  biases: Bytes
  /** multipliers, shifts and lookup tables */
  quantization: Bytes
  /** machine code of generated kernels */
  code: Bytes
  total: Bytes
}

const WORD_BYTES = 4

const wholeWords = (size: number) => Math.ceil(size / WORD_BYTES) * WORD_BYTES

/** Constants that ops read, each counted once however many ops share it, and what generated kernels bring. */
export function constantBytes(graph: Graph, kernels: readonly KernelChoice[]): ConstantBytes {
  const counted = new Set<TensorId>()
  let weights = 0
  let biases = 0
  let quantization = 0
  let code = 0
  const bytesOnce = (id: TensorId | undefined) => {
    if (id === undefined || counted.has(id) || !tensorAt(graph, id).data) return 0
    counted.add(id)
    return tensorBytes(tensorAt(graph, id))
  }
  graph.ops.forEach((op, index) => {
    const choice = kernels[index]!
    if (choice.source === 'generated') {
      const { kernel } = choice.emitted
      weights += wholeWords(kernel.constants.length)
      code += wholeWords(kernel.code.bytes.length)
    } else if (isWeighted(op)) {
      const prepared = prepareWeights(graph, op)
      weights += bytesOnce(op.inputs[1])
      biases += op.inputs[2] === undefined ? prepared.bias.byteLength : bytesOnce(op.inputs[2])
      quantization += prepared.multipliers.byteLength + prepared.shifts.byteLength
    } else {
      if (isLookupOp(op)) quantization += LOOKUP_BYTES
      for (const id of op.inputs) weights += bytesOnce(id)
    }
  })
  return {
    weights: bytes(weights),
    biases: bytes(biases),
    quantization: bytes(quantization),
    code: bytes(code),
    total: bytes(weights + biases + quantization + code),
  }
}
