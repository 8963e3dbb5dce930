import { elementCount } from '../ir/graph.ts'
import type { Tape } from './gradients.ts'
import type { Value } from './onnx-builder.ts'

/**
 * Mean squared error between the graph's output and its own input, over the batch: what an autoencoder minimises.
 * Adds the output's gradient, 2 (y - x) / n, to the tape.
 */
export function emitReconstructionLoss(tape: Tape): Value {
  const { onnx, graph, batch } = tape
  const output = graph.outputs[0]!
  const n = batch * elementCount(graph.tensors[output]!.shape.slice(1))
  const error = onnx.node('Sub', [tape.valueOf(output), tape.valueOf(graph.inputs[0]!)])
  tape.addGradient(output, onnx.node('Mul', [error, onnx.scalar(2 / n)]))
  return onnx.node('ReduceMean', [onnx.node('Mul', [error, error])], { keepdims: 0 })
}
