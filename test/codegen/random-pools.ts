// One-op graphs of pools and means.

import type { Rng } from '../../src-main/base/rng.ts'
import type { Activation, Graph, Op, Pool2D, Tensor } from '../../src-main/ir/graph.ts'
import { windowOutputSize } from '../../src-main/ir/shapes.ts'
import type { NewOp } from './random-layers.ts'
import { randomWindow } from './random-windows.ts'

const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)]!

function graphOf(op: NewOp<Op>, shapes: readonly (readonly number[])[], scales: number[], zeroPoints: number[]): Graph {
  const tensors = shapes.map((shape, i): Tensor => {
    const quantization = { scale: [Math.fround(scales[i]!)], zeroPoint: [zeroPoints[i]!], axis: 0 }
    return { name: `tensor ${i}`, shape, dtype: 'int8', quantization }
  })
  return { name: op.kind, tensors, ops: [{ ...op, inputs: [0], outputs: [1] }], inputs: [0], outputs: [1] }
}

/** Any window, also one as large as the image and one with more values than halfwords can sum. */
export function poolGraph(rng: Rng, kind: Pool2D['kind']): Graph {
  const channels = 1 + rng.int(rng.float() < 0.1 ? 300 : 13)
  const { strideH, strideW, ...window } = randomWindow(rng)
  const isGlobal = rng.float() < 0.3
  const { padding } = window
  const height = isGlobal && channels < 20 ? 1 + rng.int(25) : window.height
  const width = isGlobal ? 1 + rng.int(20) : window.width
  const [filterH, filterW] = isGlobal
    ? [height, width]
    : [Math.min(window.filterH, height), Math.min(window.filterW, width)]
  const scale = rng.uniform(0.01, 0.2)
  const zeroPoint = rng.int(256) - 128
  const activation = pick<Activation>(rng, ['none', 'relu', 'relu6', 'relu_n1_to_1'])
  return graphOf(
    { kind, strideH, strideW, filterH, filterW, padding, activation },
    [
      [1, height, width, channels],
      [
        ...[1, windowOutputSize(padding, height, filterH, strideH)],
        ...[windowOutputSize(padding, width, filterW, strideW), channels],
      ],
    ],
    [scale, scale],
    [zeroPoint, zeroPoint],
  )
}

/** Over rows and columns, to a scale of up to four times and down to a quarter of the input's. */
export function meanGraph(rng: Rng): Graph {
  const [height, width, channels] = [1 + rng.int(20), 1 + rng.int(20), 1 + rng.int(10)]
  const scale = rng.uniform(0.01, 0.2)
  return graphOf(
    { kind: 'MEAN', axes: [1, 2], keepDims: false },
    [
      [1, height, width, channels],
      [1, channels],
    ],
    [scale, scale * 4 ** rng.uniform(-1, 1)],
    [rng.int(256) - 128, rng.int(256) - 128],
  )
}
