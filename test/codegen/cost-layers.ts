// Random layers of the sizes that networks for microcontrollers have, by emitter: what the cost model is held against.

import type { Rng } from '../../src-main/base/rng.ts'
import type { KernelVariant } from '../../src-main/codegen/emit-op.ts'
import type { Activation, Graph, Padding } from '../../src-main/ir/graph.ts'
import {
  addGraph,
  convolutionGraph,
  depthwiseGraph,
  depthwiseWindowGraph,
  fullyConnectedGraph,
  pointwiseGraph,
} from './random-layers.ts'
import { meanGraph, poolGraph } from './random-pools.ts'

export interface CostFamily {
  graph: (rng: Rng, seed: number) => Graph
  variant: KernelVariant
}

const between = (rng: Rng, low: number, high: number) => low + rng.int(high - low + 1)
const pick = <T>(rng: Rng, values: readonly T[]): T => values[rng.int(values.length)]!
const anyActivation = (rng: Rng): Activation => pick(rng, ['none', 'relu', 'relu', 'relu6'])
const anyPadding = (rng: Rng): Padding => pick(rng, ['same', 'same', 'valid'])

const INT16: KernelVariant = { weights: 'int16', way: 'usual' }
const PACKED8: KernelVariant = { weights: 'packed8', way: 'usual' }

const undilated = { dilationH: 1, dilationW: 1 }

function convolution(rng: Rng, seed: number): Graph {
  const [filterH, filterW] = [pick(rng, [1, 3, 3, 5, 10]), pick(rng, [1, 3, 3, 4])]
  const stride = between(rng, 1, 2)
  const window = {
    ...{ filterH, filterW, strideH: stride, strideW: stride, ...undilated, padding: anyPadding(rng) },
    ...{ height: between(rng, 10, 20), width: between(rng, 6, 16) },
    ...{ inputs: pick(rng, [1, 3, 4, 8, 16]), outputs: 4 * between(rng, 1, 4) },
  }
  return convolutionGraph(seed, window, anyActivation(rng))
}

function winograd(rng: Rng, seed: number): Graph {
  const window = {
    ...{ filterH: 3, filterW: 3, strideH: 1, strideW: 1, ...undilated, padding: anyPadding(rng) },
    ...{ height: between(rng, 8, 18), width: between(rng, 12, 20) },
    ...{ inputs: 4 * between(rng, 2, 6), outputs: 4 * between(rng, 2, 6) },
  }
  return convolutionGraph(seed, window, anyActivation(rng))
}

const pointwise = (rng: Rng, seed: number) => {
  const size = { height: between(rng, 2, 12), width: between(rng, 2, 8) }
  const channels = { inputs: 4 * between(rng, 2, 16), outputs: 4 * between(rng, 2, 16) }
  return pointwiseGraph(seed, { ...size, ...channels }, anyActivation(rng))
}

const fullyConnected = (rng: Rng, seed: number) =>
  fullyConnectedGraph(seed, 4 * between(rng, 2, 100), between(rng, 4, 100), anyActivation(rng))

const depthwise = (rng: Rng, seed: number) => {
  const size = { height: between(rng, 4, 24), width: between(rng, 4, 24), channels: between(rng, 4, 24) }
  return depthwiseGraph(seed, size, pick(rng, [1, 1, 2]), anyPadding(rng), anyActivation(rng))
}

const depthwiseWindow = (rng: Rng, seed: number) => {
  const window = {
    ...{ filterH: pick(rng, [3, 5, 9]), filterW: pick(rng, [1, 4, 5]), strideH: 1, strideW: 1, ...undilated },
    ...{ padding: anyPadding(rng), height: between(rng, 10, 20), width: between(rng, 6, 20) },
    ...{ inputs: between(rng, 4, 16), multiplier: 1 },
  }
  return depthwiseWindowGraph(seed, window, anyActivation(rng))
}

export const COST_FAMILIES: Readonly<Record<string, CostFamily>> = {
  'pointwise int16': { graph: pointwise, variant: INT16 },
  'pointwise packed8': { graph: pointwise, variant: PACKED8 },
  'convolution int16': { graph: convolution, variant: INT16 },
  'convolution packed8': { graph: convolution, variant: PACKED8 },
  winograd: { graph: winograd, variant: { weights: 'int16', way: 'winograd' } },
  'fully connected int16': { graph: fullyConnected, variant: INT16 },
  'fully connected packed8': { graph: fullyConnected, variant: PACKED8 },
  'depthwise 3x3': { graph: depthwise, variant: INT16 },
  'depthwise of other windows': { graph: depthwiseWindow, variant: INT16 },
  add: { graph: (rng) => addGraph(rng, between(rng, 200, 8000), anyActivation(rng)), variant: INT16 },
  'average pool': { graph: (rng) => poolGraph(rng, 'AVERAGE_POOL_2D'), variant: INT16 },
  'max pool': { graph: (rng) => poolGraph(rng, 'MAX_POOL_2D'), variant: INT16 },
  mean: { graph: meanGraph, variant: INT16 },
}
