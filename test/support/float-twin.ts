// The real-valued meaning of a quantized graph: the same ops on the values that its integers stand for.

import type { Graph, Op, Quantization, Tensor, TensorData } from '../../src-main/ir/graph.ts'

/** `real = scale * (q - zeroPoint)` over a tensor, per channel where it has several scales. */
export function dequantize(data: TensorData, shape: readonly number[], q: Quantization): Float32Array {
  const inner = shape.slice(q.axis + 1).reduce((a, b) => a * b, 1)
  return Float32Array.from(data as Int8Array, (value, i) => {
    const channel = q.scale.length === 1 ? 0 : Math.floor(i / inner) % q.scale.length
    return q.scale[channel]! * (value - q.zeroPoint[channel]!)
  })
}

/** The float32 graph that an int8 graph approximates. QUANTIZE and DEQUANTIZE keep the values, as a RESHAPE does. */
export function floatTwin(graph: Graph): Graph {
  const tensors = graph.tensors.map(({ name, shape, data, quantization }): Tensor => {
    if (data === undefined) return { name, shape, dtype: 'float32' }
    const values =
      quantization === undefined ? Float32Array.from(data as Int32Array) : dequantize(data, shape, quantization)
    return { name, shape, dtype: 'float32', data: values }
  })
  const ops = graph.ops.map((op): Op => {
    if (op.kind !== 'QUANTIZE' && op.kind !== 'DEQUANTIZE') return op
    return { kind: 'RESHAPE', inputs: op.inputs, outputs: op.outputs }
  })
  return { ...graph, tensors, ops }
}
