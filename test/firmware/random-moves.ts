// One random case of each op that puts values elsewhere, int8 or float32.

import type { Rng } from '../../src-main/base/rng.ts'
import type { Op, TensorId } from '../../src-main/ir/graph.ts'
import { opRow } from '../../src-main/ir/op-table.ts'
import {
  GraphBuilder,
  between,
  chance,
  pick,
  randomQuantization,
  randomShape,
  type RandomCase,
} from './random-graph.ts'

export type MovedType = 'int8' | 'float32'

type MakeMove = (rng: Rng, dtype?: MovedType) => RandomCase

export const RANDOM_MOVES = {
  CONCATENATION: concatenation,
  SPLIT: (rng: Rng, dtype?: MovedType) => split(rng, dtype, 'SPLIT'),
  SPLIT_V: (rng: Rng, dtype?: MovedType) => split(rng, dtype, 'SPLIT_V'),
  SQUEEZE: squeeze,
  EXPAND_DIMS: expandDims,
  TRANSPOSE: transpose,
  STRIDED_SLICE: stridedSlice,
} satisfies Partial<Record<Op['kind'], MakeMove>>

/** Tensors of one type, and of one scale and zero point, as these ops keep them. */
function alike(rng: Rng, dtype: MovedType = 'int8') {
  const build = new GraphBuilder(rng)
  const quantization = randomQuantization(rng)
  const add = (shape: readonly number[]) =>
    build.add(dtype === 'int8' ? { shape, dtype, quantization } : { shape, dtype })
  const input = (shape: readonly number[]) => (build.inputs.push(add(shape)), build.inputs.at(-1)!)
  /** an op of one output, whose shape the op table says */
  const finish = (op: Op, shapes: readonly (readonly number[])[]) => {
    const output = add(opRow(op).shape(op, shapes, [])!)
    build.ops.push({ ...op, outputs: [output] })
    return build.finish([output])
  }
  return { build, add, input, finish }
}

function concatenation(rng: Rng, dtype?: MovedType): RandomCase {
  const { build, input, add, finish } = alike(rng, dtype)
  const shape = randomShape(rng, 1, 5, 4)
  const axis = rng.int(shape.length)
  const shapes = Array.from({ length: between(rng, 1, 5) }, () => shape.with(axis, between(rng, 1, 4)))
  const inputs: TensorId[] = shapes.map(input)
  if (chance(rng, 0.2)) {
    inputs.push(pick(rng, inputs)) // one tensor twice
    shapes.push(build.tensors[inputs.at(-1)!]!.shape as number[])
  }
  if (chance(rng, 0.2)) {
    const id = add(shape)
    const length = shape.reduce((product, dim) => product * dim, 1)
    const values = Array.from({ length }, () => between(rng, -128, 127))
    build.tensors[id] = {
      ...build.tensors[id]!,
      data: dtype === 'float32' ? Float32Array.from(values) : Int8Array.from(values),
    }
    inputs.push(id)
    shapes.push(shape)
  }
  return finish({ kind: 'CONCATENATION', inputs, outputs: [], axis }, shapes)
}

function split(rng: Rng, dtype: MovedType | undefined, kind: 'SPLIT' | 'SPLIT_V'): RandomCase {
  const { build, input, add } = alike(rng, dtype)
  const shape = randomShape(rng, 1, 5, 4)
  const axis = rng.int(shape.length)
  const size = between(rng, 1, 3)
  const sizes = Array.from({ length: between(rng, 1, 5) }, () => (kind === 'SPLIT' ? size : between(rng, 1, 4)))
  const whole = input(
    shape.with(
      axis,
      sizes.reduce((sum, n) => sum + n, 0),
    ),
  )
  const outputs = sizes.map((n) => add(shape.with(axis, n)))
  build.ops.push({ kind, inputs: [whole], outputs, axis })
  return build.finish(outputs)
}

function squeeze(rng: Rng, dtype?: MovedType): RandomCase {
  const { input, finish } = alike(rng, dtype)
  const shape = randomShape(rng, 2, 6, 3)
  const ones = shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
  const axes = ones.length > 0 ? ones.filter(() => chance(rng, 0.7)) : []
  if (axes.length === 0) {
    shape[0] = 1
    axes.push(0)
  }
  return finish({ kind: 'SQUEEZE', inputs: [input(shape)], outputs: [], axes }, [shape])
}

function expandDims(rng: Rng, dtype?: MovedType): RandomCase {
  const { input, finish } = alike(rng, dtype)
  const shape = randomShape(rng, 1, 5)
  return finish({ kind: 'EXPAND_DIMS', inputs: [input(shape)], outputs: [], axis: rng.int(shape.length + 1) }, [shape])
}

function transpose(rng: Rng, dtype?: MovedType): RandomCase {
  const { input, finish } = alike(rng, dtype)
  const shape = randomShape(rng, 1, 6, 4)
  const rest = [...shape.keys()]
  const permutation = shape.map(() => rest.splice(rng.int(rest.length), 1)[0]!)
  return finish({ kind: 'TRANSPOSE', inputs: [input(shape)], outputs: [], permutation }, [shape])
}

function stridedSlice(rng: Rng, dtype?: MovedType): RandomCase {
  const { input, finish } = alike(rng, dtype)
  const shape = randomShape(rng, 1, 5, 6)
  const slices = shape.map((dim) => {
    if (chance(rng, 0.3)) return { begin: 0, size: dim, stride: 1, shrink: false }
    const begin = rng.int(dim)
    if (chance(rng, 0.2)) return { begin, size: 1, stride: 1, shrink: true }
    const stride = between(rng, 1, 3) * (chance(rng, 0.3) ? -1 : 1)
    const most = Math.floor((stride > 0 ? dim - 1 - begin : begin) / Math.abs(stride)) + 1
    return { begin, size: between(rng, 1, most), stride, shrink: false }
  })
  const op: Op = {
    kind: 'STRIDED_SLICE',
    inputs: [input(shape)],
    outputs: [],
    begin: slices.map((slice) => slice.begin),
    size: slices.map((slice) => slice.size),
    stride: slices.map((slice) => slice.stride),
    shrinkAxes: slices.flatMap(({ shrink }, axis) => (shrink ? [axis] : [])),
  }
  return finish(op, [shape])
}
