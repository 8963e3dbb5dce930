// The real-valued meaning of a quantized graph: the same ops on the values that its integers stand for.

import type { Graph, Op, Quantization, Tensor, TensorData, TensorId } from '../../src-main/ir/graph.ts'

/** `real = scale * (q - zeroPoint)` over a tensor, per channel where it has several scales. */
export function dequantize(data: TensorData, shape: readonly number[], q: Quantization): Float32Array {
  const inner = shape.slice(q.axis + 1).reduce((a, b) => a * b, 1)
  return Float32Array.from(data as Int8Array, (value, i) => {
    const channel = q.scale.length === 1 ? 0 : Math.floor(i / inner) % q.scale.length
    return q.scale[channel]! * (value - q.zeroPoint[channel]!)
  })
}

/** The float32 graph that an int8 graph approximates. QUANTIZE and DEQUANTIZE mean nothing to it and are left out. */
export function floatTwin(graph: Graph): Graph {
  const tensors = graph.tensors.map(({ name, shape, data, dtype, quantization }): Tensor => {
    if (data === undefined) return { name, shape, dtype: dtype === 'int32' ? dtype : 'float32' }
    const values =
      quantization === undefined ? Float32Array.from(data as Int32Array) : dequantize(data, shape, quantization)
    return { name, shape, dtype: 'float32', data: values }
  })
  const source = new Map<TensorId, TensorId>()
  const resolve = (id: TensorId) => source.get(id) ?? id
  const ops: Op[] = []
  for (const op of graph.ops) {
    if (op.kind === 'QUANTIZE' || op.kind === 'DEQUANTIZE') source.set(op.outputs[0]!, resolve(op.inputs[0]!))
    else ops.push({ ...op, inputs: op.inputs.map(resolve) })
  }
  return { ...graph, tensors, ops, outputs: graph.outputs.map(resolve) }
}
