// Ops that put bytes elsewhere, as lists of strided copies.

import { DTYPE_BYTES } from '../ir/graph.ts'
import { stridedCopies, type MoveOp, type StridedCopy } from '../ir/strided-copies.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { MAX_RANK, MOVE_PART, type RecordValues } from './layout.ts'
import { mergeLoops, padFront } from './merged-dims.ts'
import type { RecordContext } from './op-records.ts'
import { writeStruct } from './struct.ts'

export function moveFields(context: RecordContext, op: MoveOp): RecordValues<'MOVE'> {
  const { graph, constants, place } = context
  const parts = stridedCopies(graph, op).map((copy) => partBytes(context, copy))
  return { output: place(op.outputs[0]), parts: constants.add('plan', Buffer.concat(parts)) }
}

/** Values that lie side by side on both sides are one run; what is around it is merged into as few loops as can be. */
function partBytes({ graph, place }: RecordContext, copy: StridedCopy): Uint8Array {
  const size = DTYPE_BYTES[tensorAt(graph, copy.input).dtype]
  const values = copy.dims.map((dim, d) => ({
    dim,
    strides: [copy.outputStrides[d]! * size, copy.inputStrides[d]! * size],
  }))
  const loops = mergeLoops([...values, { dim: size, strides: [1, 1] }])
  const innermost = loops.at(-1)
  const run = innermost?.strides.every((stride) => stride === 1) ? loops.pop()!.dim : 1
  const dims = loops.map((loop) => loop.dim)
  const [outputStrides, inputStrides] = [0, 1].map((side) => loops.map((loop) => loop.strides[side]!))
  return writeStruct(MOVE_PART, {
    output: place(copy.output),
    input: place(copy.input),
    dims: padFront(dims, MAX_RANK, 1),
    output_strides: padFront(outputStrides!, MAX_RANK, 0),
    input_strides: padFront(inputStrides!, MAX_RANK, 0),
    output_start: copy.outputStart * size,
    input_start: copy.inputStart * size,
    run_bytes: run,
  })
}
