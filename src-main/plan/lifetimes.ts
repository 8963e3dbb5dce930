// When each activation is needed. Time counts ops: a tensor written by op 3 and last read by op 5 lives from 3 to 5,
// both included, since an op reads its inputs while it writes its output.

import { tensorBytes, type Graph, type Op, type TensorId } from '../ir/graph.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { bytes, type Bytes } from '../base/units.ts'

/** One place in the arena. Several tensors share it where a RESHAPE gives the same bytes another shape. */
export interface ActivationBuffer {
  tensors: readonly TensorId[]
  bytes: Bytes
  /** -1: before the first op, which is when inputs are written */
  firstOp: number
  /** graph.ops.length: after the last op, which is when outputs are read */
  lastOp: number
}

/** Every activation of the graph, in the order in which they come to life. */
export function activationBuffers(graph: Graph): ActivationBuffer[] {
  const buffers: (ActivationBuffer & { tensors: TensorId[] })[] = []
  const bufferOf = new Map<TensorId, (typeof buffers)[number]>()
  const start = (id: TensorId, firstOp: number) => {
    const buffer = { tensors: [id], bytes: bytes(tensorBytes(tensorAt(graph, id))), firstOp, lastOp: firstOp }
    buffers.push(buffer)
    bufferOf.set(id, buffer)
  }

  for (const id of new Set(graph.inputs)) start(id, -1)
  graph.ops.forEach((op, index) => {
    for (const id of op.inputs) {
      const buffer = bufferOf.get(id)
      if (buffer) buffer.lastOp = index
    }
    for (const id of op.outputs) {
      const shared = sharesInput(op) ? bufferOf.get(op.inputs[0]!) : undefined
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

/** Ops that leave the bytes where they are. */
const sharesInput = (op: Op) => op.kind === 'RESHAPE'
