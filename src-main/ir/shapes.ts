// Shape arithmetic of windowed and broadcast ops. Formulas: TFLite's ComputeOutSize and ComputePadding.

import type { Conv2D, DepthwiseConv2D, Graph, Padding, Pool2D } from './graph.ts'
import { tensorAt } from './tensor-access.ts'

/** One spatial dimension of a convolution's or a pool's output; <= 0 where a VALID window does not fit. */
export function windowOutputSize(padding: Padding, input: number, filter: number, stride: number, dilation = 1) {
  const effective = (filter - 1) * dilation + 1
  return padding === 'same' ? Math.ceil(input / stride) : Math.ceil((input - effective + 1) / stride)
}

/** Elements of padding before the first input element; SAME puts the odd one after. */
export function padBefore(input: number, output: number, filter: number, stride: number, dilation = 1): number {
  const effective = (filter - 1) * dilation + 1
  return Math.floor(Math.max(0, (output - 1) * stride + effective - input) / 2)
}

/** Everything that a loop over windows needs. All sizes in elements. */
export interface WindowGeometry {
  batches: number
  inputH: number
  inputW: number
  inputC: number
  outputH: number
  outputW: number
  outputC: number
  filterH: number
  filterW: number
  strideH: number
  strideW: number
  dilationH: number
  dilationW: number
  padTop: number
  padLeft: number
}

export function windowGeometry(graph: Graph, op: Conv2D | DepthwiseConv2D | Pool2D): WindowGeometry {
  const [batches, inputH, inputW, inputC] = shape4(tensorAt(graph, op.inputs[0]).shape)
  const [, outputH, outputW, outputC] = shape4(tensorAt(graph, op.outputs[0]).shape)
  const [, filterH, filterW] =
    'filterH' in op ? [0, op.filterH, op.filterW] : shape4(tensorAt(graph, op.inputs[1]).shape)
  const { dilationH, dilationW } = 'dilationH' in op ? op : { dilationH: 1, dilationW: 1 }
  return {
    batches,
    inputH,
    inputW,
    inputC,
    outputH,
    outputW,
    outputC,
    filterH,
    filterW,
    strideH: op.strideH,
    strideW: op.strideW,
    dilationH,
    dilationW,
    padTop: padBefore(inputH, outputH, filterH, op.strideH, dilationH),
    padLeft: padBefore(inputW, outputW, filterW, op.strideW, dilationW),
  }
}

/** A 4-D shape as a tuple; a shape of another rank is a broken graph, which checkGraph reports before this is called. */
export function shape4(shape: readonly number[]): [number, number, number, number] {
  const [a = 0, b = 0, c = 0, d = 0] = shape
  return [a, b, c, d]
}

/** NumPy's broadcast of two shapes, or undefined where they don't fit. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] | undefined {
  const rank = Math.max(a.length, b.length)
  const shape: number[] = []
  for (let i = 0; i < rank; i++) {
    const left = a[a.length - rank + i] ?? 1
    const right = b[b.length - rank + i] ?? 1
    if (left !== right && left !== 1 && right !== 1) return undefined
    shape.push(left === 1 ? right : left)
  }
  return shape
}

/** Element strides of `shape` seen as `output`: 0 along the dimensions it is repeated over. */
export function broadcastStrides(shape: readonly number[], output: readonly number[]): number[] {
  const strides = new Array<number>(output.length).fill(0)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    if (shape[i] !== 1) strides[output.length - shape.length + i] = stride
    stride *= shape[i]!
  }
  return strides
}

/** Element strides of a dense tensor. */
export function denseStrides(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]!
  }
  return strides
}

export const sameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((dim, i) => dim === b[i])

/** The filter taps [from, to) that fall inside the input, for a window that starts at `origin`. */
export function validTaps(origin: number, input: number, filter: number, dilation: number): readonly [number, number] {
  const from = origin < 0 ? Math.ceil(-origin / dilation) : 0
  const to = Math.min(filter, Math.ceil((input - origin) / dilation))
  return [from, Math.max(from, to)]
}
