// Random networks with what rewrites look for: channels that are constant or that nobody reads, RELU by itself, padding before
// VALID convolutions, ops that change nothing, ops on constants. Beside each, now and then, its near miss.

import type { Rng } from '../../src-main/base/rng.ts'
import {
  elementCount,
  type Activation,
  type Graph,
  type Op,
  type Quantization,
  type Tensor,
  type TensorData,
  type TensorId,
} from '../../src-main/ir/graph.ts'
import { opRow } from '../../src-main/ir/op-table.ts'
import type { NewOp } from '../codegen/random-layers.ts'

type Shape4 = [number, number, number, number]

export interface RewritableNetwork {
  graph: Graph
  /** random, with many values at both ends */
  inputs: () => TensorData[]
}

export function rewritableNetwork(rng: Rng, layers = 3 + rng.int(8)): RewritableNetwork {
  const tensors: Tensor[] = []
  const ops: Op[] = []
  const chance = (probability: number) => rng.float() < probability
  const pick = <T>(values: readonly T[]): T => values[rng.int(values.length)]!
  const add = (tensor: Omit<Tensor, 'name'>): TensorId => tensors.push({ name: `t${tensors.length}`, ...tensor }) - 1
  const shapeOf = (id: TensorId) => tensors[id]!.shape as Shape4
  const quantizationOf = (id: TensorId) => tensors[id]!.quantization!
  const quantization = (): Quantization => ({
    scale: [Math.fround(rng.uniform(0.02, 0.2))],
    zeroPoint: [chance(0.6) ? -128 : rng.int(256) - 128],
    axis: 0,
  })

  function apply(op: NewOp, inputs: readonly TensorId[], q: Quantization, shape: readonly number[] = []): TensorId {
    const full = { ...op, inputs, outputs: [tensors.length] } as Op
    const given = inputs.map((id) => tensors[id]!.shape)
    ops.push(full)
    return add({ shape: opRow(full).shape(full, given, shape)!, dtype: 'int8', quantization: q })
  }

  /** Rows of zeros give constant channels, columns of zeros channels that are not read. */
  function weighted(op: NewOp, input: TensorId, shape: readonly number[], axis: number, q: Quantization): TensorId {
    const channels = shape[axis]!
    const inChannels = shapeOf(input).at(-1)!
    const isStill = Array.from({ length: channels }, () => chance(0.5))
    const isUnread = Array.from({ length: inChannels }, () => axis === 0 && chance(0.3))
    const row = elementCount(shape) / channels
    const data = Int8Array.from({ length: elementCount(shape) }, (_, i) => {
      const out = axis === 0 ? Math.floor(i / row) : i % channels
      if (isStill[out] || (axis === 0 && isUnread[i % inChannels])) return 0
      return pick([-127, 127, rng.int(255) - 127, rng.int(255) - 127])
    })
    const deviation = 90 * 90 * Math.sqrt(row)
    const scales = Array.from({ length: chance(0.3) ? 1 : channels }, () =>
      Math.fround(((60 * q.scale[0]!) / (deviation * quantizationOf(input).scale[0]!)) * 2 ** rng.uniform(-1, 1)),
    )
    const weights = add({
      ...{ shape, dtype: 'int8', data },
      quantization: { scale: scales, zeroPoint: scales.map(() => 0), axis },
    })
    if (chance(0.2)) return apply(op, [input, weights], q)
    const bias = Int32Array.from({ length: channels }, () => Math.round(deviation * rng.normal() * pick([0, 1, 3])))
    return apply(op, [input, weights, add({ shape: [channels], dtype: 'int32', data: bias })], q)
  }

  const activation = () => pick<Activation>(['none', 'relu', 'relu', 'relu6', 'relu_n1_to_1'])
  const unit = { strideH: 1, strideW: 1, dilationH: 1, dilationW: 1 }

  function convolve(from: TensorId): TensorId {
    const [, h, w, inC] = shapeOf(from)
    const outC = pick([3, 8, 12, 13, 16])
    const k = h < 3 || w < 3 ? 1 : pick([1, 1, 3])
    const strideH = pick([1, 1, 2])
    const padding = pick(['same', 'valid'] as const)
    const op = { kind: 'CONV_2D', ...unit, strideH, padding, activation: activation() } as const
    return weighted(op, from, [outC, k, k, inC], 0, quantization())
  }

  function depthwise(from: TensorId): TensorId {
    const [, h, w, inC] = shapeOf(from)
    const multiplier = inC < 16 ? pick([1, 1, 2]) : 1
    const k = h < 3 || w < 3 ? 1 : 3
    const op = { kind: 'DEPTHWISE_CONV_2D', ...unit, padding: 'same', multiplier, activation: activation() } as const
    return weighted(op, from, [1, k, k, inC * multiplier], 3, quantization())
  }

  /** the amounts of SAME, or others */
  function padded(from: TensorId): TensorId {
    const [, h, w, inC] = shapeOf(from)
    const stride = pick([1, 2])
    const before = (size: number) => Math.floor(Math.max(0, (Math.ceil(size / stride) - 1) * stride + 3 - size) / 2)
    const paddings = [
      [0, 0],
      [before(h), 1],
      [before(w), 1 + rng.int(2)],
      [0, 0],
    ] as [number, number][]
    if (chance(0.2)) paddings[1] = [1, 1]
    const pad = apply({ kind: 'PAD', paddings }, [from], quantizationOf(from))
    const [, ph, pw] = shapeOf(pad)
    if (ph < 3 || pw < 3) return pad
    const op = { ...unit, strideH: stride, strideW: stride, padding: 'valid', activation: activation() } as const
    return chance(0.5)
      ? weighted({ kind: 'CONV_2D', ...op }, pad, [8, 3, 3, inC], 0, quantization())
      : weighted({ kind: 'DEPTHWISE_CONV_2D', ...op, multiplier: 1 }, pad, [1, 3, 3, inC], 3, quantization())
  }

  const rectify = (from: TensorId) =>
    apply({ kind: pick(['RELU', 'RELU6']) }, [from], chance(0.7) ? quantizationOf(from) : quantization())

  const requantize = (from: TensorId) =>
    apply({ kind: 'QUANTIZE' }, [from], chance(0.7) ? quantizationOf(from) : quantization())

  const flatten = (from: TensorId) => {
    const [n, h, w, c] = shapeOf(from)
    return apply({ kind: 'RESHAPE' }, [from], quantizationOf(from), chance(0.5) ? [n, h, w, c] : [n, 1, h * w, c])
  }

  function pool(from: TensorId): TensorId {
    const [, h, w] = shapeOf(from)
    const window = { filterH: Math.min(h, 2), filterW: Math.min(w, 3), strideH: 1, strideW: 1 }
    const kind = pick(['MAX_POOL_2D', 'AVERAGE_POOL_2D'] as const)
    return apply(
      { kind, ...window, padding: pick(['same', 'valid']), activation: activation() },
      [from],
      quantizationOf(from),
    )
  }

  function sum(from: TensorId): TensorId {
    const partners = known.filter((id) => shapeOf(id).join() === shapeOf(from).join())
    const kind = pick(['ADD', 'ADD', 'SUB', 'MUL'] as const)
    return apply({ kind, activation: activation() }, [from, pick(partners)], quantization())
  }

  /** plus a constant that itself has to be computed */
  function shifted(from: TensorId): TensorId {
    const shape = [1, 1, 1, shapeOf(from)[3]]
    const data = Int8Array.from({ length: elementCount(shape) }, () => rng.int(256) - 128)
    const constant = add({ shape, dtype: 'int8', quantization: quantization(), data })
    const made = apply({ kind: 'QUANTIZE' }, [constant], quantization())
    return apply({ kind: 'ADD', activation: activation() }, [from, made], quantization())
  }

  const input = add({ shape: [1, 3 + rng.int(5), 3 + rng.int(5), pick([1, 3, 8])], dtype: 'int8', quantization: quantization() }) // prettier-ignore
  const known: TensorId[] = [input]
  const makers = [convolve, convolve, depthwise, padded, rectify, rectify, requantize, flatten, pool, sum, shifted]
  // Mostly a chain, so that constants travel.
  for (let i = 0; i < layers; i++) known.push(pick(makers)(chance(0.8) ? known.at(-1)! : pick(known)))
  const last = known.at(-1)!
  const end = finish(last)
  const read = new Set(ops.flatMap((op) => op.inputs))
  const outputs = [end, ...known.filter((id) => id !== input && !read.has(id) && id !== end)]

  /** a classifier, sometimes */
  function finish(from: TensorId): TensorId {
    const [, h, w, c] = shapeOf(from)
    if (chance(0.3)) return from
    const averaged = chance(0.5)
      ? apply({ kind: 'MEAN', axes: [1, 2], keepDims: chance(0.5) }, [from], quantization())
      : from
    const features = averaged === from ? h * w * c : c
    const flat = chance(0.5)
      ? apply({ kind: 'RESHAPE' }, [averaged], quantizationOf(averaged), [1, features])
      : averaged
    const op = { kind: 'FULLY_CONNECTED', activation: activation(), keepNumDims: false } as const
    return weighted(op, flat, [5, features], 0, quantization())
  }

  return {
    graph: { name: 'rewritable', tensors, ops, inputs: [input], outputs },
    inputs: () => [
      Int8Array.from({ length: elementCount(shapeOf(input)) }, () => pick([-128, 127, rng.int(256) - 128])),
    ],
  }
}
