import type { Graph, Op, Tensor, TensorId } from '../../ir/graph.ts'
import { scaleOf, tensorAt } from '../../ir/tensor-access.ts'

/**
 * Gives every CONV_2D without a bias one of zeros. TFLite's converter always writes one, and LiteRT 2.5 computes
 * nonsense for a CONV_2D that has none. The other ops do without.
 */
export function withExplicitBias(graph: Graph): Graph {
  const tensors = [...graph.tensors]
  const ops = graph.ops.map((op): Op => {
    if (op.kind !== 'CONV_2D' || op.inputs.length > 2) return op
    const bias: TensorId = tensors.push(zeroBias(graph, op)) - 1
    return { ...op, inputs: [...op.inputs, bias] }
  })
  return { ...graph, tensors, ops }
}

function zeroBias(graph: Graph, op: Op): Tensor {
  const input = tensorAt(graph, op.inputs[0])
  const weights = tensorAt(graph, op.inputs[1])
  const channels = weights.shape[0]!
  const named = { name: `${tensorAt(graph, op.outputs[0]).name}/bias`, shape: [channels] }
  if (weights.quantization === undefined) return { ...named, dtype: 'float32', data: new Float32Array(channels) }
  const { scale, zeroPoint } = weights.quantization
  const inputScale = scaleOf(input)
  return {
    ...named,
    dtype: 'int32',
    data: new Int32Array(channels),
    quantization: { scale: scale.map((value) => Math.fround(value * inputScale)), zeroPoint, axis: 0 },
  }
}
