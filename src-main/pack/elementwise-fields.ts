// The records of ops that walk two tensors together.

import type { Add, Mul, Op, Sub } from '../ir/graph.ts'
import { mulParams } from '../ir/elementwise-params.ts'
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
