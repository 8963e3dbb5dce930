// Ops that put values elsewhere without changing them, as copies from strides to strides. The interpreter and the packer
// read the same ones.

import {
  elementCount,
  type Concatenation,
  type Graph,
  type Split,
  type StridedSlice,
  type TensorId,
  type Transpose,
} from './graph.ts'
import { denseStrides } from './shapes.ts'
import { tensorAt } from './tensor-access.ts'

export type MoveOp = Concatenation | Split | StridedSlice | Transpose

/** A box of values copied from one tensor into another. Starts and strides are in elements; an input's may be negative. */
export interface StridedCopy {
  input: TensorId
  output: TensorId
  dims: readonly number[]
  inputStart: number
  inputStrides: readonly number[]
  outputStart: number
  outputStrides: readonly number[]
}

/** One copy for each piece of a CONCATENATION or SPLIT, else one; together they write every value of the outputs. */
export function stridedCopies(graph: Graph, op: MoveOp): StridedCopy[] {
  const [input, output] = [op.inputs[0]!, op.outputs[0]!]
  switch (op.kind) {
    case 'CONCATENATION':
      return pieces(graph, op.inputs, output, op.axis).map(({ id, dims, start, strides }) => ({
        ...{ input: id, output, dims },
        ...{ inputStart: 0, inputStrides: denseStrides(dims) },
        ...{ outputStart: start, outputStrides: strides },
      }))
    case 'SPLIT':
    case 'SPLIT_V':
      return pieces(graph, op.outputs, input, op.axis).map(({ id, dims, start, strides }) => ({
        ...{ input, output: id, dims },
        ...{ inputStart: start, inputStrides: strides },
        ...{ outputStart: 0, outputStrides: denseStrides(dims) },
      }))
    case 'TRANSPOSE': {
      const strides = denseStrides(tensorAt(graph, input).shape)
      const dims = tensorAt(graph, output).shape
      const inputStrides = op.permutation.map((axis) => strides[axis]!)
      return [{ input, output, dims, inputStart: 0, inputStrides, outputStart: 0, outputStrides: denseStrides(dims) }]
    }
    case 'STRIDED_SLICE': {
      const strides = denseStrides(tensorAt(graph, input).shape)
      const inputStart = op.begin.reduce((sum, index, axis) => sum + index * strides[axis]!, 0)
      const inputStrides = op.stride.map((step, axis) => step * strides[axis]!)
      // the dimensions that the output lacks are 1, so its strides are those of the box
      return [
        {
          input,
          output,
          dims: op.size,
          inputStart,
          inputStrides,
          outputStart: 0,
          outputStrides: denseStrides(op.size),
        },
      ]
    }
  }
}

/** Tensors that lie one behind the other along an axis of another one: where in it each starts, and its strides there. */
function pieces(graph: Graph, ids: readonly TensorId[], whole: TensorId, axis: number) {
  const strides = denseStrides(tensorAt(graph, whole).shape)
  let at = 0
  return ids.map((id) => {
    const dims = tensorAt(graph, id).shape
    const start = at * strides[axis]!
    at += dims[axis]!
    return { id, dims, start, strides }
  })
}

/** The element that each value of the box is, its last dimension the quickest to change. */
export function boxElements(dims: readonly number[], start: number, strides: readonly number[]): Int32Array {
  const elements = new Int32Array(elementCount(dims))
  const steps = denseStrides(dims)
  for (let i = 0; i < elements.length; i++)
    elements[i] = dims.reduce((at, dim, axis) => at + (Math.floor(i / steps[axis]!) % dim) * strides[axis]!, start)
  return elements
}
