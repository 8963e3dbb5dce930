// When each activation is needed. Time counts ops: a tensor written by op 3 and last read by op 5 lives from 3 to 5,
// both included, since an op reads its inputs while it writes its output.

import { tensorBytes, type Graph, type Op, type OpKind, type TensorId } from '../ir/graph.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { bytes, type Bytes } from '../base/units.ts'

/** One place in the arena. Tensors share it where an op leaves the bytes where they are, or writes over its input. */
export interface ActivationBuffer {
  tensors: readonly TensorId[]
  bytes: Bytes
  /** -1: before the first op, which is when inputs are written */
  firstOp: number
  /** graph.ops.length: after the last op, which is when outputs are read */
  lastOp: number
}

/** Ops that change a tensor's shape alone. */
const KEEPS_BYTES: ReadonlySet<OpKind> = new Set(['RESHAPE', 'SQUEEZE', 'EXPAND_DIMS'])

/**
 * Every activation of the graph, in the order in which they come to life. `writesInPlace`: ops, by their index, whose
 * kernel can write over its first input, which they do where nothing else reads that from then on and the output fits.
 */
export function activationBuffers(
  graph: Graph,
  writesInPlace: (op: number) => boolean = () => false,
): ActivationBuffer[] {
  const buffers: (ActivationBuffer & { tensors: TensorId[] })[] = []
  const bufferOf = new Map<TensorId, (typeof buffers)[number]>()
  const start = (id: TensorId, firstOp: number) => {
    const buffer = { tensors: [id], bytes: bytes(tensorBytes(tensorAt(graph, id))), firstOp, lastOp: firstOp }
    buffers.push(buffer)
    bufferOf.set(id, buffer)
  }

  const lastRead = new Map<TensorId, number>()
  graph.ops.forEach(({ inputs }, index) => inputs.forEach((id) => lastRead.set(id, index)))
  for (const id of graph.outputs) lastRead.set(id, graph.ops.length)
  /** Ops that leave the bytes where they are, or are the last to read a place that holds their output too. */
  const placeFor = (op: Op, index: number, output: TensorId) => {
    const [input, ...others] = op.inputs
    const place = input === undefined ? undefined : bufferOf.get(input)
    if (place === undefined || KEEPS_BYTES.has(op.kind)) return place
    const fits = tensorBytes(tensorAt(graph, output)) <= place.bytes
    const isLast = place.tensors.every((id) => (lastRead.get(id) ?? -1) <= index)
    const isReadOnce = others.every((id) => bufferOf.get(id) !== place)
    return writesInPlace(index) && fits && isLast && isReadOnce ? place : undefined
  }

  for (const id of new Set(graph.inputs)) start(id, -1)
  graph.ops.forEach((op, index) => {
    for (const id of op.inputs) {
      const buffer = bufferOf.get(id)
      if (buffer) buffer.lastOp = index
    }
    for (const id of op.outputs) {
      const shared = placeFor(op, index, id)
      if (shared) {
        shared.tensors.push(id)
        shared.lastOp = index
        bufferOf.set(id, shared)
      } else start(id, index)
    }
  })
  for (const id of graph.outputs) {
    const buffer = bufferOf.get(id)
    if (buffer) buffer.lastOp = graph.ops.length
  }
  return buffers
}
