// A small int8 net with a bit of everything that packing has to get right.

import type { Graph } from '../../src-main/ir/graph.ts'

const WEIGHTS = Int8Array.from({ length: 2 * 3 * 3 * 2 }, (_, i) => ((i * 37) % 255) - 127)
const MATRIX = Int8Array.from({ length: 3 * 32 }, (_, i) => ((i * 91) % 255) - 127)

const activation = (name: string, shape: number[], scale: number, zeroPoint: number) =>
  ({
    name,
    shape,
    dtype: 'int8',
    quantization: { scale: [Math.fround(scale)], zeroPoint: [zeroPoint], axis: 0 },
  }) as const

/** CONV_2D (per channel) -> RESHAPE -> FULLY_CONNECTED (per tensor, no bias) -> SOFTMAX */
export const SMALL_MODEL: Graph = {
  name: 'small',
  tensors: [
    activation('input', [1, 4, 4, 2], 0.5, 3),
    {
      name: 'kernel',
      shape: [2, 3, 3, 2],
      dtype: 'int8',
      quantization: { scale: [0.0078125, 0.015625], zeroPoint: [0, 0], axis: 0 },
      data: WEIGHTS,
    },
    { name: 'bias', shape: [2], dtype: 'int32', data: Int32Array.of(-500, 1200) },
    activation('features', [1, 4, 4, 2], 0.25, -128),
    activation('flat', [1, 32], 0.25, -128),
    {
      name: 'matrix',
      shape: [3, 32],
      dtype: 'int8',
      quantization: { scale: [0.00390625], zeroPoint: [0], axis: 0 },
      data: MATRIX,
    },
    activation('logits', [1, 3], 0.125, -7),
    activation('probabilities', [1, 3], 1 / 256, -128),
  ],
  ops: [
    {
      kind: 'CONV_2D',
      inputs: [0, 1, 2],
      outputs: [3],
      strideH: 1,
      strideW: 1,
      dilationH: 1,
      dilationW: 1,
      padding: 'same',
      activation: 'relu',
    },
    { kind: 'RESHAPE', inputs: [3], outputs: [4] },
    { kind: 'FULLY_CONNECTED', inputs: [4, 5], outputs: [6], activation: 'none', keepNumDims: false },
    { kind: 'SOFTMAX', inputs: [6], outputs: [7], beta: 1 },
  ],
  inputs: [0],
  outputs: [7],
}
