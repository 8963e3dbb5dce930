// Ops that move values without computing: the same for every type.

import {
  elementCount,
  type ExpandDims,
  type Graph,
  type Pad,
  type Reshape,
  type Squeeze,
  type TensorData,
} from '../graph.ts'
import { padValue } from '../quantized-params.ts'
import { boxElements, stridedCopies, type MoveOp } from '../strided-copies.ts'
import { tensorAt } from '../tensor-access.ts'
import type { Kernel } from './kernel.ts'

export const prepareReshape =
  (op: Reshape | Squeeze | ExpandDims): Kernel =>
  (buffers) =>
    copyRange(buffers[op.outputs[0]!]!, 0, buffers[op.inputs[0]!]!, 0, buffers[op.inputs[0]!]!.length)

export function prepareMove(graph: Graph, op: MoveOp): Kernel {
  const copies = stridedCopies(graph, op).map(({ input, output, dims, ...copy }) => ({
    input,
    output,
    from: boxElements(dims, copy.inputStart, copy.inputStrides),
    to: boxElements(dims, copy.outputStart, copy.outputStrides),
  }))
  return (buffers) => {
    for (const { input, output, from, to } of copies) {
      const [source, target] = [buffers[input]!, buffers[output]!]
      for (let i = 0; i < to.length; i++) target[to[i]!] = source[from[i]!]!
    }
  }
}

export function preparePad(graph: Graph, op: Pad): Kernel {
  const inputShape = tensorAt(graph, op.inputs[0]).shape
  const outputShape = tensorAt(graph, op.outputs[0]).shape
  const value = padValue(graph, op)
  const rowLength = inputShape.at(-1) ?? 1
  const rowTargets = padRowTargets(inputShape, outputShape, op.paddings)

  return (buffers) => {
    const input = buffers[op.inputs[0]!]!
    const output = buffers[op.outputs[0]!]!
    if (output instanceof BigInt64Array) output.fill(BigInt(value))
    else output.fill(value)
    for (let row = 0; row < rowTargets.length; row++)
      copyRange(output, rowTargets[row]!, input, row * rowLength, rowLength)
  }
}

/** Where in the output each innermost row of the input begins. */
function padRowTargets(input: readonly number[], output: readonly number[], paddings: Pad['paddings']): Int32Array {
  const rowLength = input.at(-1) ?? 1
  const rows = elementCount(input) / rowLength
  const targets = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    let rest = row * rowLength
    let target = 0
    let stride = 1
    for (let axis = input.length - 1; axis >= 0; axis--) {
      target += ((rest % input[axis]!) + paddings[axis]![0]) * stride
      rest = Math.floor(rest / input[axis]!)
      stride *= output[axis]!
    }
    targets[row] = target
  }
  return targets
}

function copyRange(to: TensorData, at: number, from: TensorData, start: number, length: number): void {
  if (to instanceof BigInt64Array || from instanceof BigInt64Array) {
    if (to instanceof BigInt64Array && from instanceof BigInt64Array) to.set(from.subarray(start, start + length), at)
    return
  }
  to.set(from.subarray(start, start + length), at)
}
