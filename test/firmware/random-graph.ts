// Random tensors and values for the firmware's property tests: everything follows from the Rng's seed.

import type { Rng } from '../../src-main/base/rng.ts'
import {
  elementCount,
  type Activation,
  type Graph,
  type Op,
  type Padding,
  type Quantization,
  type Tensor,
  type TensorData,
  type TensorId,
} from '../../src-main/ir/graph.ts'

export interface RandomCase {
  graph: Graph
  inputs: TensorData[]
}

export const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)]!
/** integer in [low, high] */
export const between = (rng: Rng, low: number, high: number) => low + rng.int(high - low + 1)
export const chance = (rng: Rng, probability: number) => rng.float() < probability
/** 2^x with x uniform in [low, high], as a float32 value */
export const powerBetween = (rng: Rng, low: number, high: number) => Math.fround(2 ** rng.uniform(low, high))

export const randomShape = (rng: Rng, minRank: number, maxRank: number, maxDim = 5) =>
  Array.from({ length: between(rng, minRank, maxRank) }, () => between(rng, 1, maxDim))
export const randomActivation = (rng: Rng) => pick<Activation>(rng, ['none', 'none', 'relu', 'relu6', 'relu_n1_to_1'])
export const randomPadding = (rng: Rng) => pick<Padding>(rng, ['same', 'valid'])

/** Both ends and the middle come up as often as everything else together. */
export const randomZeroPoint = (rng: Rng) => (chance(rng, 0.5) ? pick(rng, [-128, 0, 127]) : between(rng, -128, 127))

export const randomQuantization = (rng: Rng, low = -8, high = 1): Quantization => ({
  scale: [powerBetween(rng, low, high)],
  zeroPoint: [randomZeroPoint(rng)],
  axis: 0,
})

/** What LOGISTIC and SOFTMAX, and TANH, give: ranges that are known. */
export const PROBABILITY: Quantization = { scale: [1 / 256], zeroPoint: [-128], axis: 0 }
export const PLUS_OR_MINUS_ONE: Quantization = { scale: [1 / 128], zeroPoint: [0], axis: 0 }

/** Uniform bytes, only the two extremes, or all alike: the last two drive sums and clamps to their ends. */
export function randomInt8(rng: Rng, length: number): Int8Array {
  const kind = rng.int(4)
  const constant = between(rng, -128, 127)
  return Int8Array.from({ length }, () =>
    kind === 0 ? pick(rng, [-128, 127]) : kind === 1 ? constant : between(rng, -128, 127),
  )
}

/** Collects tensors and ops of one graph. */
export class GraphBuilder {
  readonly tensors: Tensor[] = []
  readonly ops: Op[] = []
  readonly inputs: TensorId[] = []
  private readonly rng: Rng

  constructor(rng: Rng) {
    this.rng = rng
  }

  add(tensor: Omit<Tensor, 'name'>): TensorId {
    return this.tensors.push({ name: `t${this.tensors.length}`, ...tensor }) - 1
  }

  int8(shape: readonly number[], quantization = randomQuantization(this.rng)): TensorId {
    return this.add({ shape, dtype: 'int8', quantization })
  }

  input(shape: readonly number[], quantization?: Quantization): TensorId {
    const id = this.int8(shape, quantization)
    this.inputs.push(id)
    return id
  }

  floatInput(shape: readonly number[]): TensorId {
    const id = this.add({ shape, dtype: 'float32' })
    this.inputs.push(id)
    return id
  }

  scaleOf(id: TensorId): number {
    return this.tensors[id]!.quantization!.scale[0]!
  }

  /** Weights and perhaps a bias for `channels` outputs along `axis`, so that outputs use their range or exceed it. */
  weights(shape: readonly number[], axis: number, channels: number, input: TensorId, output: TensorId): TensorId[] {
    const { rng } = this
    const scales = Array.from({ length: chance(rng, 0.3) ? 1 : channels }, () =>
      Math.fround((powerBetween(rng, -14, 0.5) * this.scaleOf(output)) / this.scaleOf(input)),
    )
    const weights = this.add({
      shape,
      dtype: 'int8',
      quantization: { scale: scales, zeroPoint: scales.map(() => 0), axis },
      data: randomInt8(rng, elementCount(shape)),
    })
    if (chance(rng, 0.2)) return [weights]
    const size = 2 ** between(rng, 4, 20)
    const data = Int32Array.from({ length: channels }, () => between(rng, -size, size))
    return [weights, this.add({ shape: [channels], dtype: 'int32', data })]
  }

  /** The finished graph with random values for its inputs. */
  finish(outputs: readonly TensorId[]): RandomCase {
    const { tensors, ops, inputs } = this
    const graph: Graph = { name: 'random', tensors, ops, inputs, outputs }
    return { graph, inputs: inputs.map((id) => this.randomValues(tensors[id]!)) }
  }

  private randomValues({ shape, dtype }: Tensor): TensorData {
    const count = elementCount(shape)
    if (dtype === 'int8') return randomInt8(this.rng, count)
    const odd = [NaN, Infinity, -Infinity, -0, 0.5, -0.5, 1e30, -1e-30]
    return Float32Array.from({ length: count }, () =>
      chance(this.rng, 0.1)
        ? pick(this.rng, odd)
        : chance(this.rng, 0.2)
          ? between(this.rng, -300, 300) / 2
          : this.rng.normal() * 40,
    )
  }
}
