// TFLite operators that put values elsewhere -> IR ops, their axes and masks resolved.

import { elementCount, type OpKind } from '../../ir/graph.ts'
import { normalAxes, normalAxis } from './axes.ts'
import { corrupt } from './flat-table.ts'
import type { OptionValues } from './op-map.ts'
import type { OpBase, OpEnums, OpSource, ReadResult } from './read-op.ts'

export type MoveKind = Extract<
  OpKind,
  'CONCATENATION' | 'SPLIT' | 'SPLIT_V' | 'SQUEEZE' | 'EXPAND_DIMS' | 'TRANSPOSE' | 'STRIDED_SLICE'
>

export function readMoveOp(
  kind: MoveKind,
  base: OpBase,
  values: OptionValues,
  { activation }: OpEnums,
  source: OpSource,
): ReadResult {
  const { shape } = source.tensors[base.inputs[0]!]!
  switch (kind) {
    case 'CONCATENATION':
      if (activation !== 'none') return { unsupported: `CONCATENATION with fused ${activation}` }
      return { op: { kind, ...base, axis: normalAxis(values.axis!, shape.length) } }
    case 'SPLIT':
    case 'SPLIT_V': {
      const [axis] = source.attribute('axis') ?? []
      if (axis === undefined) return { unsupported: `${kind} along a computed axis` }
      return { op: { kind, ...base, axis: normalAxis(axis, shape.length) } }
    }
    case 'SQUEEZE': {
      const given = source.vectorOption()
      const ones = shape.flatMap((dim, axis) => (dim === 1 ? [axis] : []))
      return { op: { kind, ...base, axes: given.length > 0 ? normalAxes(given, shape.length) : ones } }
    }
    case 'EXPAND_DIMS': {
      const [axis] = source.attribute('axis') ?? []
      if (axis === undefined) return { unsupported: 'EXPAND_DIMS along a computed axis' }
      return { op: { kind, ...base, axis: normalAxis(axis, shape.length + 1) } }
    }
    case 'TRANSPOSE': {
      const permutation = source.attribute('permutation')
      if (permutation === undefined) return { unsupported: 'TRANSPOSE with a computed permutation' }
      return { op: { kind, ...base, permutation: permutation.map((axis) => normalAxis(axis, shape.length)) } }
    }
    case 'STRIDED_SLICE':
      return readStridedSlice(base, values, source)
  }
}

/**
 * Source of what masks and numbers beyond a dimension mean: StridedSliceStartForAxis and StridedSliceEndForAxis of TFLite's strided_slice_logic.h.
 * Dimensions that begin, end and stride do not name are taken whole.
 */
function readStridedSlice(base: OpBase, values: OptionValues, { what, tensors, attribute }: OpSource): ReadResult {
  const { shape } = tensors[base.inputs[0]!]!
  const [begins, ends, strides] = ['begin', 'end', 'stride'].map(attribute)
  if (begins === undefined || ends === undefined || strides === undefined)
    return { unsupported: 'STRIDED_SLICE with computed bounds' }
  if (values.ellipsisMask !== 0 || values.newAxisMask !== 0)
    return { unsupported: 'STRIDED_SLICE with an ellipsis or a new axis' }
  const named = begins.length
  if (ends.length !== named || strides.length !== named || named > shape.length || strides.includes(0))
    throw corrupt(`${what} takes [${begins.join(', ')}] to [${ends.join(', ')}] by [${strides.join(', ')}]`)

  const has = (mask: string, axis: number) => ((values[mask]! >> axis) & 1) === 1
  const slices = shape.map((dim, axis) => {
    if (axis >= named) return { begin: 0, size: dim, stride: 1 }
    const stride = strides[axis]!
    const [low, high] = stride > 0 ? [0, dim] : [-1, dim - 1]
    const within = (index: number) => Math.max(low, Math.min(high, index < 0 ? index + dim : index))
    const begin = has('beginMask', axis) ? (stride > 0 ? low : high) : within(begins[axis]!)
    if (has('shrinkAxisMask', axis)) return { begin, size: 1, stride: 1 }
    const given = ends[axis]! + (values.offset === 0 ? 0 : begin)
    const end = has('endMask', axis) ? (stride > 0 ? high : low) : within(given)
    return { begin, size: Math.max(0, Math.ceil((end - begin) / stride)), stride }
  })
  const size = slices.map((slice) => slice.size)
  if (elementCount(size) === 0) throw corrupt(`${what} takes nothing from [${shape.join(', ')}]`)
  const shrinkAxes = [...shape.keys()].filter((axis) => axis < named && has('shrinkAxisMask', axis))
  const [begin, stride] = [slices.map((slice) => slice.begin), slices.map((slice) => slice.stride)]
  return { op: { kind: 'STRIDED_SLICE', ...base, begin, size, stride, shrinkAxes } }
}
