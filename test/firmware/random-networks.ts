// Random networks with branches, several inputs and outputs: what the planner lays out has to survive them.

import type { Rng } from '../../src-main/base/rng.ts'
import type { TensorId } from '../../src-main/ir/graph.ts'
import { GraphBuilder, between, chance, pick, randomActivation, type RandomCase } from './random-graph.ts'

export function randomNetwork(rng: Rng): RandomCase {
  const build = new GraphBuilder(rng)
  const shapeOf = (id: TensorId) => build.tensors[id]!.shape
  const shape = [1, between(rng, 1, 6), between(rng, 1, 6), between(rng, 1, 5)]
  const known: TensorId[] = Array.from({ length: between(rng, 1, 2) }, () => build.input(shape))
  const used = new Set<TensorId>()
  const use = (id: TensorId) => {
    used.add(id)
    return id
  }
  for (let i = between(rng, 3, 12); i > 0; i--) {
    const from = use(pick(rng, known))
    const alike = known.filter((id) => shapeOf(id).join() === shapeOf(from).join())
    known.push(...[pick(rng, [convolve, sum, rectify, flatten, turn, swapHalves, crop])(from, alike)].flat())
  }
  const unread = known.filter((id) => !used.has(id) && !build.inputs.includes(id))
  return build.finish(chance(rng, 0.3) ? [...unread, pick(rng, known)].filter(once) : unread)

  function convolve(from: TensorId): TensorId {
    const [n, h, w, inC] = shapeOf(from) as [number, number, number, number]
    const outC = between(rng, 1, 6)
    const k = pick(rng, [1, 3])
    const to = build.int8([n, h, w, outC])
    build.ops.push({
      kind: 'CONV_2D',
      inputs: [from, ...build.weights([outC, k, k, inC], 0, outC, from, to)],
      outputs: [to],
      strideH: 1,
      strideW: 1,
      dilationH: 1,
      dilationW: 1,
      padding: 'same',
      activation: randomActivation(rng),
    })
    return to
  }

  function sum(from: TensorId, alike: readonly TensorId[]): TensorId {
    const to = build.int8(shapeOf(from))
    const kind = pick(rng, ['ADD', 'SUB', 'MUL'] as const)
    build.ops.push({ kind, inputs: [from, use(pick(rng, alike))], outputs: [to], activation: 'none' })
    return to
  }

  function rectify(from: TensorId): TensorId {
    const to = build.int8(shapeOf(from))
    build.ops.push({ kind: 'RELU', inputs: [from], outputs: [to] })
    return to
  }

  function like(from: TensorId, shape: readonly number[]): TensorId {
    return build.add({ ...build.tensors[from]!, shape })
  }

  function turn(from: TensorId): TensorId {
    const [n, h, w, c] = shapeOf(from) as [number, number, number, number]
    const to = like(from, [n, w, h, c])
    build.ops.push({ kind: 'TRANSPOSE', inputs: [from], outputs: [to], permutation: [0, 2, 1, 3] })
    return to
  }

  /** the first part of the channels behind the second */
  function swapHalves(from: TensorId): TensorId[] {
    const shape = shapeOf(from)
    const channels = shape[3]!
    const first = between(rng, 1, Math.max(1, channels - 1))
    if (first === channels) return []
    const parts = [like(from, shape.with(3, first)), like(from, shape.with(3, channels - first))]
    const to = like(from, shape)
    build.ops.push({ kind: 'SPLIT_V', inputs: [from], outputs: parts, axis: 3 })
    build.ops.push({ kind: 'CONCATENATION', inputs: [...parts].reverse().map(use), outputs: [to], axis: 3 })
    return [...parts, to]
  }

  /** every second row, columns in reverse */
  function crop(from: TensorId): TensorId {
    const shape = shapeOf(from)
    const size = shape.with(1, Math.ceil(shape[1]! / 2))
    const to = like(from, size)
    build.ops.push({
      kind: 'STRIDED_SLICE',
      inputs: [from],
      outputs: [to],
      begin: [0, 0, shape[2]! - 1, 0],
      size,
      stride: [1, 2, -1, 1],
      shrinkAxes: [],
    })
    return to
  }

  /** same bytes, another shape: the place is shared while the input may still be read */
  function flatten(from: TensorId): TensorId {
    const [n, h, w, c] = shapeOf(from) as [number, number, number, number]
    const to = build.add({ ...build.tensors[from]!, shape: [n, 1, h * w, c] })
    build.ops.push({ kind: 'RESHAPE', inputs: [from], outputs: [to] })
    return to
  }
}

const once = (id: TensorId, at: number, all: readonly TensorId[]) => all.indexOf(id) === at
