// The trainable tensors of a float graph as one flat vector, in the order in which the ops use them.

import { elementCount, type Graph, type Tensor, type TensorId } from '../ir/graph.ts'

export interface ParameterSlice {
  tensor: TensorId
  shape: readonly number[]
  offset: number
  size: number
}

/** Every float constant that an op reads. A tensor that two ops share has one slice. */
export function parameterSlices(graph: Graph): ParameterSlice[] {
  const slices: ParameterSlice[] = []
  const seen = new Set<TensorId>()
  let offset = 0
  for (const id of graph.ops.flatMap((op) => op.inputs)) {
    const tensor = graph.tensors[id]
    if (tensor?.data === undefined || tensor.dtype !== 'float32' || seen.has(id)) continue
    seen.add(id)
    const size = elementCount(tensor.shape)
    slices.push({ tensor: id, shape: tensor.shape, offset, size })
    offset += size
  }
  return slices
}

export const parameterCount = (slices: readonly ParameterSlice[]) => slices.reduce((sum, { size }) => sum + size, 0)

export function readParameters(graph: Graph, slices: readonly ParameterSlice[]): Float32Array {
  const flat = new Float32Array(parameterCount(slices))
  for (const { tensor, offset } of slices) flat.set(graph.tensors[tensor]!.data as Float32Array, offset)
  return flat
}

/** The graph with the slices' tensors taken from `flat` (copied). */
export function withParameters(graph: Graph, slices: readonly ParameterSlice[], flat: Float32Array): Graph {
  const bySlice = new Map(slices.map((slice) => [slice.tensor, slice]))
  const tensors = graph.tensors.map((tensor, id): Tensor => {
    const slice = bySlice.get(id)
    return slice === undefined ? tensor : { ...tensor, data: flat.slice(slice.offset, slice.offset + slice.size) }
  })
  return { ...graph, tensors }
}
