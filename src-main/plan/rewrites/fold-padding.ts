// PAD before a VALID convolution is what SAME pads, where it pads as much before the first row and column: PAD fills with the
// zero point, and so does a convolution's own padding count. What PAD adds behind the last window nobody reads.

import type { Graph } from '../../ir/graph.ts'
import { padBefore, shape4, windowGeometry, windowOutputSize } from '../../ir/shapes.ts'
import { tensorAt } from '../../ir/tensor-access.ts'
import { isInt8, layerName, meansTheSame, readersOf, type Rewrite } from './rewrite.ts'

export const foldPadding: Rewrite = {
  name: 'paddings folded',
  apply(graph) {
    for (const [index, op] of graph.ops.entries()) {
      const folded = op.kind === 'PAD' ? fold(graph, index, op.paddings) : undefined
      if (folded !== undefined) return { graph: folded, layers: [layerName(graph, op)] }
    }
    return undefined
  },
}

function fold(graph: Graph, index: number, paddings: readonly (readonly [number, number])[]): Graph | undefined {
  const { inputs, outputs } = graph.ops[index]!
  const [input, output] = [inputs[0]!, outputs[0]!]
  const readers = readersOf(graph, output)
  const isPlane = paddings.length === 4 && [0, 3].every((axis) => paddings[axis]!.every((count) => count === 0))
  if (!isPlane || readers.length !== 1 || graph.outputs.includes(output) || !isInt8(graph, input)) return undefined
  if (!meansTheSame(tensorAt(graph, input), tensorAt(graph, output))) return undefined
  const reader = graph.ops[readers[0]!]!
  if ((reader.kind !== 'CONV_2D' && reader.kind !== 'DEPTHWISE_CONV_2D') || reader.padding !== 'valid') return undefined

  const g = windowGeometry(graph, reader)
  const [, height, width] = shape4(tensorAt(graph, input).shape)
  const isSame = (size: number, out: number, filter: number, stride: number, dilation: number, before: number) =>
    windowOutputSize('same', size, filter, stride, dilation) === out &&
    padBefore(size, out, filter, stride, dilation) === before
  const fits =
    isSame(height, g.outputH, g.filterH, g.strideH, g.dilationH, paddings[1]![0]) &&
    isSame(width, g.outputW, g.filterW, g.strideW, g.dilationW, paddings[2]![0])
  if (!fits) return undefined
  const padded = { ...reader, padding: 'same' as const, inputs: reader.inputs.with(0, input) }
  return { ...graph, ops: graph.ops.with(readers[0]!, padded).filter((_, i) => i !== index) }
}
