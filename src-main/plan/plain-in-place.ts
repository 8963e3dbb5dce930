import { elementCount, type Graph, type Op, type OpKind } from '../ir/graph.ts'
import { tensorAt } from '../ir/tensor-access.ts'

/** Ops whose plain C kernel reads each value of its first input before it writes the output's value of that place. */
const VALUE_BY_VALUE: ReadonlySet<OpKind> = new Set([
  ...(['ADD', 'SUB', 'MUL', 'MINIMUM', 'MAXIMUM', 'PRELU'] as const),
  ...(['ABS', 'HARD_SWISH', 'LEAKY_RELU', 'LOGISTIC', 'TANH'] as const),
  ...(['RELU', 'RELU6', 'QUANTIZE'] as const),
])

/** Whether the plain kernel of the op may write over its first input: not where that is repeated, or of another type. */
export function plainWorksInPlace(graph: Graph, op: Op): boolean {
  if (!VALUE_BY_VALUE.has(op.kind)) return false
  const input = tensorAt(graph, op.inputs[0])
  const output = tensorAt(graph, op.outputs[0])
  return input.dtype === output.dtype && elementCount(input.shape) === elementCount(output.shape)
}
