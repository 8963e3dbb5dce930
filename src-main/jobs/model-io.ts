// Tensors as the bytes that files, boards and command lines carry: little-endian, in the tensor's own type and layout,
// one input or output behind the other.

import { AppError } from '../base/errors.ts'
import type { Rng } from '../base/rng.ts'
import { elementCount, tensorBytes, type Graph, type Tensor, type TensorData } from '../ir/graph.ts'
import { quantizeToInt8 } from '../ir/interpreter/quantize.ts'
import { allocateTensor, scaleOf, tensorAt, zeroPointOf } from '../ir/tensor-access.ts'

export const inputsOf = (graph: Graph): Tensor[] => graph.inputs.map((id) => tensorAt(graph, id))
export const outputsOf = (graph: Graph): Tensor[] => graph.outputs.map((id) => tensorAt(graph, id))

/** Every value that a computer of today stores is little-endian, typed arrays included. */
export const bytesOf = (data: TensorData): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

/** The bytes of one tensor as values of its type. */
export function valuesOf(tensor: Tensor, bytes: Uint8Array): TensorData {
  const values = allocateTensor(tensor, elementCount(tensor.shape))
  bytesOf(values).set(bytes)
  return values
}

/**
 * Splits raw bytes into a model's inputs; with `asFloat` they are float32 values, quantized for inputs that are int8.
 * Throws INPUT_SIZE_WRONG with the bytes expected and given.
 */
export function decodeInputs(graph: Graph, raw: Uint8Array, asFloat: boolean): TensorData[] {
  const tensors = inputsOf(graph)
  const sizes = tensors.map((tensor) => (asFloat ? 4 * elementCount(tensor.shape) : tensorBytes(tensor)))
  const expected = sizes.reduce((sum, size) => sum + size, 0)
  if (raw.length !== expected) {
    const parts = tensors.map(
      (tensor) => `${tensor.name} ${asFloat ? 'float32' : tensor.dtype} [${tensor.shape.join(', ')}]`,
    )
    throw new AppError(
      'INPUT_SIZE_WRONG',
      `The input has ${raw.length} bytes; ${graph.name} takes ${expected} bytes: ${parts.join(', ')}.`,
      { context: { expected_bytes: expected, given_bytes: raw.length } },
    )
  }
  let at = 0
  return tensors.map((tensor, i) => {
    const bytes = raw.subarray(at, (at += sizes[i]!))
    return asFloat ? quantized(tensor, bytes) : valuesOf(tensor, bytes)
  })
}

function quantized(tensor: Tensor, bytes: Uint8Array): TensorData {
  const floats = valuesOf({ ...tensor, dtype: 'float32' }, bytes) as Float32Array
  if (tensor.dtype === 'float32') return floats
  if (tensor.dtype !== 'int8') {
    throw new AppError('MODEL_DTYPE_UNSUPPORTED', `${tensor.name} is ${tensor.dtype}: give it in its own type.`)
  }
  const values = new Int8Array(floats.length)
  quantizeToInt8(floats, scaleOf(tensor), zeroPointOf(tensor), values)
  return values
}

/** Inputs drawn at random: all of int8, or uniform in [-1, 1). */
export function randomInputs(graph: Graph, rng: Rng): TensorData[] {
  return inputsOf(graph).map((tensor) => {
    const values = allocateTensor(tensor, elementCount(tensor.shape))
    if (values instanceof BigInt64Array) throw new AppError('MODEL_DTYPE_UNSUPPORTED', `${tensor.name} is int64.`)
    const draw = values instanceof Float32Array ? () => rng.uniform(-1, 1) : () => rng.int(256) - 128
    for (let i = 0; i < values.length; i++) values[i] = draw()
    return values
  })
}

export interface OutputValues {
  name: string
  shape: number[]
  dtype: string
  scale: number | null
  zeroPoint: number | null
  data: number[]
}

export const describeOutputs = (graph: Graph, values: readonly TensorData[]): OutputValues[] =>
  outputsOf(graph).map((tensor, i) => ({
    name: tensor.name,
    shape: [...tensor.shape],
    dtype: tensor.dtype,
    scale: tensor.quantization?.scale[0] ?? null,
    zeroPoint: tensor.quantization?.zeroPoint[0] ?? null,
    data: Array.from(values[i]!, Number),
  }))
