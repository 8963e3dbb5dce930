// The records of element-wise ops: of two tensors that are walked together, and of one by a lookup table.

import type { Add, Extremum, Mul, Op, Prelu, Sub } from '../ir/graph.ts'
import { mulParams, preluParams } from '../ir/elementwise-params.ts'
import { lookupTable, type LookupOp } from '../ir/lookup-table.ts'
import { addParams } from '../ir/quantized-params.ts'
import { broadcastStrides } from '../ir/shapes.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { MAX_RANK, type RecordValues } from './layout.ts'
import { mergeLoops, padFront } from './merged-dims.ts'
import type { RecordContext } from './op-records.ts'

function broadcastFields({ graph, place }: RecordContext, op: Op) {
  const output = tensorAt(graph, op.outputs[0]).shape
  const strides = op.inputs.map((id) => broadcastStrides(tensorAt(graph, id).shape, output))
  const loops = mergeLoops(output.map((dim, d) => ({ dim, strides: strides.map((of) => of[d]!) })))
  const stridesOf = (input: number) =>
    padFront(
      loops.map((loop) => loop.strides[input]!),
      MAX_RANK,
      0,
    )
  return {
    output: place(op.outputs[0]),
    input1: place(op.inputs[0]),
    input2: place(op.inputs[1]),
    dims: padFront(
      loops.map((loop) => loop.dim),
      MAX_RANK,
      1,
    ),
    strides1: stridesOf(0),
    strides2: stridesOf(1),
  }
}

export function sumFields(context: RecordContext, op: Add | Sub): RecordValues<'ADD' | 'SUB'> {
  const p = addParams(context.graph, op)
  const [first, second] = p.inputMultipliers
  return {
    ...broadcastFields(context, op),
    input1_offset: -p.inputZeroPoints[0],
    input2_offset: -p.inputZeroPoints[1],
    output_offset: p.outputZeroPoint,
    left_shift: p.leftShift,
    input1_multiplier: first.multiplier,
    input1_shift: first.shift,
    input2_multiplier: second.multiplier,
    input2_shift: second.shift,
    output_multiplier: p.outputMultiplier.multiplier,
    output_shift: p.outputMultiplier.shift,
    activation_min: p.activationMin,
    activation_max: p.activationMax,
  }
}

export function mulFields(context: RecordContext, op: Mul): RecordValues<'MUL'> {
  const p = mulParams(context.graph, op)
  return {
    ...broadcastFields(context, op),
    input1_offset: -p.inputZeroPoints[0],
    input2_offset: -p.inputZeroPoints[1],
    output_offset: p.outputZeroPoint,
    output_multiplier: p.outputMultiplier.multiplier,
    output_shift: p.outputMultiplier.shift,
    activation_min: p.activationMin,
    activation_max: p.activationMax,
  }
}

export const extremumFields = (context: RecordContext, op: Extremum): RecordValues<'MINIMUM' | 'MAXIMUM'> =>
  broadcastFields(context, op)

export function preluFields(context: RecordContext, op: Prelu): RecordValues<'PRELU'> {
  const p = preluParams(context.graph, op)
  return {
    ...broadcastFields(context, op),
    input1_offset: -p.inputZeroPoint,
    input2_offset: -p.slopeZeroPoint,
    output_offset: p.outputZeroPoint,
    identity_multiplier: p.identityMultiplier.multiplier,
    identity_shift: p.identityMultiplier.shift,
    slope_multiplier: p.slopeMultiplier.multiplier,
    slope_shift: p.slopeMultiplier.shift,
  }
}

export const lookupFields = ({ graph, constants, place }: RecordContext, op: LookupOp): RecordValues<'LOOKUP'> => ({
  output: place(op.outputs[0]),
  input: place(op.inputs[0]),
  table: constants.add('quantization', lookupTable(graph, op)),
})
