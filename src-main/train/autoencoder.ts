// The anomaly task's model: a dense autoencoder with ReLU, after MLPerf Tiny's, narrow enough for a 28 KB budget.

import type { Rng } from '../base/rng.ts'
import type { Graph, Op, Tensor } from '../ir/graph.ts'

export interface AutoencoderShape {
  features: number
  hidden: number
  bottleneck: number
}

/**
 * 640 -> 16 -> 16 -> 8 -> 16 -> 16 -> 640: 21,248 weights and 712 biases, 24,096 bytes as int8 with int32 biases, which
 * leaves 4.5 KB of the 28 KB for the plan. Widths are multiples of 8: whole words for every kernel.
 */
export const AUTOENCODER: AutoencoderShape = { features: 640, hidden: 16, bottleneck: 8 }

/**
 * A float graph [1, features] -> [1, features] with fresh weights: He's normal initialisation before a ReLU, Glorot's
 * before the linear output; biases are zero.
 */
export function createAutoencoder(shape: AutoencoderShape, rng: Rng): Graph {
  const { features, hidden, bottleneck } = shape
  const widths = [features, hidden, hidden, bottleneck, hidden, hidden, features]
  const tensors: Tensor[] = [{ name: 'log_mel', shape: [1, features], dtype: 'float32' }]
  const ops: Op[] = []
  let from = 0
  for (let layer = 1; layer < widths.length; layer++) {
    const inputs = widths[layer - 1]!
    const outputs = widths[layer]!
    const last = layer === widths.length - 1
    const deviation = Math.sqrt(2 / (last ? inputs + outputs : inputs))
    const weights = Float32Array.from({ length: inputs * outputs }, () => deviation * rng.normal())
    const id = tensors.length
    tensors.push(
      { name: `dense_${layer}/weights`, shape: [outputs, inputs], dtype: 'float32', data: weights },
      { name: `dense_${layer}/bias`, shape: [outputs], dtype: 'float32', data: new Float32Array(outputs) },
      { name: last ? 'reconstruction' : `dense_${layer}`, shape: [1, outputs], dtype: 'float32' },
    )
    ops.push({
      kind: 'FULLY_CONNECTED',
      inputs: [from, id, id + 1],
      outputs: [id + 2],
      activation: last ? 'none' : 'relu',
      keepNumDims: false,
    })
    from = id + 2
  }
  return { name: 'autoencoder', tensors, ops, inputs: [0], outputs: [from] }
}
