// One training step as one ONNX model: forward pass, gradients, optimiser. The parameters and the optimiser's state are
// flat vectors that go in and come out, so a step costs one `run` and no bookkeeping.

import { AppError } from '../base/errors.ts'
import type { Graph, TensorId } from '../ir/graph.ts'
import { emitAdam } from './adam.ts'
import { emitBackward, emitForward, type Tape } from './gradients.ts'
import { emitReconstructionLoss } from './loss.ts'
import { createOnnxBuilder, type OnnxBuilder, type Value } from './onnx-builder.ts'
import { parameterCount, parameterSlices, type ParameterSlice } from './parameters.ts'

interface Emitted {
  onnx: OnnxBuilder
  slices: ParameterSlice[]
  size: number
  parameters: Value
  tape: Tape
  loss: Value
}

/** Inputs `x` [batch, …] and `parameters` [n]; the parameters are split in-graph into the tensors that they are. */
function emitLoss(graph: Graph, batch: number): Emitted {
  const [input] = graph.inputs
  if (input === undefined || graph.inputs.length !== 1 || graph.outputs.length !== 1) {
    throw new AppError('MODEL_INVALID', 'Training takes a graph with one input and one output.')
  }
  const onnx = createOnnxBuilder()
  const slices = parameterSlices(graph)
  const size = parameterCount(slices)
  const x = onnx.input('x', [batch, ...graph.tensors[input]!.shape.slice(1)])
  const parameters = onnx.input('parameters', [size])
  const known = new Map<TensorId, Value>([[input, x]])
  const parts = onnx.nodes('Split', [parameters, onnx.integers(slices.map((slice) => slice.size))], slices.length)
  slices.forEach(({ tensor, shape }, i) => {
    known.set(tensor, onnx.node('Reshape', [parts[i]!, onnx.integers(shape)]))
  })
  const tape = emitForward(onnx, graph, batch, known)
  return { onnx, slices, size, parameters, tape, loss: emitReconstructionLoss(tape) }
}

function emitFlatGradient({ onnx, slices, tape }: Emitted): Value {
  emitBackward(tape)
  const parts = slices.map(({ tensor, size }) => onnx.node('Reshape', [tape.gradientOf(tensor), onnx.integers([size])]))
  return onnx.node('Concat', parts, { axis: 0 })
}

/** x, parameters -> loss [] */
export function lossModel(graph: Graph, batch: number): Uint8Array {
  const { onnx, loss } = emitLoss(graph, batch)
  onnx.output(loss, 'loss', [])
  return onnx.finish('loss')
}

/** x, parameters -> loss [], gradient [n] */
export function gradientModel(graph: Graph, batch: number): Uint8Array {
  const emitted = emitLoss(graph, batch)
  const gradient = emitFlatGradient(emitted)
  emitted.onnx.output(emitted.loss, 'loss', [])
  emitted.onnx.output(gradient, 'gradient', [emitted.size])
  return emitted.onnx.finish('gradient')
}

/** x, parameters [n], moments [2n], rate [1] -> loss [], new_parameters [n], new_moments [2n] */
export function trainingStepModel(graph: Graph, batch: number): Uint8Array {
  const emitted = emitLoss(graph, batch)
  const { onnx, size, parameters, loss } = emitted
  const gradient = emitFlatGradient(emitted)
  const moments = onnx.input('moments', [2 * size])
  const rate = onnx.input('rate', [1])
  const updated = emitAdam(onnx, { parameters, gradient, moments, rate, size })
  onnx.output(loss, 'loss', [])
  onnx.output(updated.parameters, 'new_parameters', [size])
  onnx.output(updated.moments, 'new_moments', [2 * size])
  return onnx.finish('training_step')
}
