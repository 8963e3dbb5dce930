// Reading a graph's tensors with the checks that strict indexing asks for. Every failure here is a broken graph.

import { AppError } from '../base/errors.ts'
import type { Graph, Tensor, TensorData, TensorId } from './graph.ts'

export function tensorAt(graph: Graph, id: TensorId | undefined): Tensor {
  const tensor = id === undefined ? undefined : graph.tensors[id]
  if (tensor === undefined) throw new AppError('MODEL_INVALID', `Tensor ${id} does not exist in ${graph.name}.`)
  return tensor
}

/** The per-tensor scale of a quantized tensor, a float32 value. */
export function scaleOf(tensor: Tensor): number {
  const scale = tensor.quantization?.scale[0]
  if (scale === undefined) throw new AppError('MODEL_INVALID', `Tensor ${tensor.name} has no scale.`)
  return scale
}

export function zeroPointOf(tensor: Tensor): number {
  const zeroPoint = tensor.quantization?.zeroPoint[0]
  if (zeroPoint === undefined) throw new AppError('MODEL_INVALID', `Tensor ${tensor.name} has no zero point.`)
  return zeroPoint
}

/** A constant's values as the given typed array. */
export function constantOf<T extends TensorData>(
  graph: Graph,
  id: TensorId | undefined,
  type: { new (length: number): T; name: string },
): T {
  const tensor = tensorAt(graph, id)
  if (tensor.data instanceof type) return tensor.data
  throw new AppError('MODEL_INVALID', `Tensor ${tensor.name} has to be a constant ${type.name}.`)
}

/** Room for one tensor's values. */
export function allocateTensor(tensor: Tensor, elements: number): TensorData {
  switch (tensor.dtype) {
    case 'float32':
      return new Float32Array(elements)
    case 'int8':
      return new Int8Array(elements)
    case 'uint8':
    case 'bool':
      return new Uint8Array(elements)
    case 'int16':
      return new Int16Array(elements)
    case 'int32':
      return new Int32Array(elements)
    case 'int64':
      return new BigInt64Array(elements)
  }
}
