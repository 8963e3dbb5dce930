import type { Rng } from '../../src-main/base/rng.ts'
import type { TensorId } from '../../src-main/ir/graph.ts'
import { GraphBuilder, type RandomCase } from './random-graph.ts'

/** A network of ops that put values elsewhere around a TRANSPOSE_CONV, with int8 and int32 outputs. */
export function movingNetwork(rng: Rng): RandomCase {
  const build = new GraphBuilder(rng)
  const input = build.input([1, 4, 6, 4])
  const like = (id: TensorId, shape: readonly number[]) => build.add({ ...build.tensors[id]!, shape })

  const halves = [like(input, [1, 4, 6, 2]), like(input, [1, 4, 6, 2])] as const
  build.ops.push({ kind: 'SPLIT', inputs: [input], outputs: halves, axis: 3 })

  const grown = build.int8([1, 8, 12, 3])
  build.ops.push({
    kind: 'TRANSPOSE_CONV',
    inputs: [halves[0], ...build.weights([3, 3, 3, 2], 0, 3, halves[0], grown)],
    outputs: [grown],
    strideH: 2,
    strideW: 2,
    padding: 'same',
    activation: 'none',
  })
  const resized = like(halves[1], [1, 8, 12, 2])
  build.ops.push({
    kind: 'RESIZE_NEAREST_NEIGHBOR',
    inputs: [halves[1]],
    outputs: [resized],
    alignCorners: false,
    halfPixelCenters: true,
  })
  const rescaled = like(grown, [1, 8, 12, 2])
  build.ops.push({ kind: 'QUANTIZE', inputs: [resized], outputs: [rescaled] })
  const joined = like(grown, [1, 8, 12, 5])
  build.ops.push({ kind: 'CONCATENATION', inputs: [grown, rescaled], outputs: [joined], axis: 3 })

  const sliced = like(grown, [1, 4, 12, 5])
  build.ops.push({
    kind: 'STRIDED_SLICE',
    inputs: [joined],
    outputs: [sliced],
    begin: [0, 7, 0, 0],
    size: [1, 4, 12, 5],
    stride: [1, -2, 1, 1],
    shrinkAxes: [],
  })
  const turned = like(grown, [1, 12, 5, 4])
  build.ops.push({ kind: 'TRANSPOSE', inputs: [sliced], outputs: [turned], permutation: [0, 2, 3, 1] })
  const squeezed = like(grown, [12, 5, 4])
  build.ops.push({ kind: 'SQUEEZE', inputs: [turned], outputs: [squeezed], axes: [0] })
  const widened = like(grown, [12, 1, 5, 4])
  build.ops.push({ kind: 'EXPAND_DIMS', inputs: [squeezed], outputs: [widened], axis: 1 })
  const largest = build.add({ shape: [12, 1, 4], dtype: 'int32' })
  build.ops.push({ kind: 'ARG_MAX', inputs: [widened], outputs: [largest], axis: 2 })
  return build.finish([sliced, largest])
}
