// Exact rewrites of an int8 graph, before it is planned: the outputs stay the same, bit for bit, for every input, and fewer
// layers, products and bytes are left. The IR is checked after every step.

import { checkGraph } from '../../ir/check.ts'
import type { Graph, TensorId } from '../../ir/graph.ts'
import { opMacs } from '../../ir/op-table.ts'
import { foldConstants } from './fold-constants.ts'
import { foldPadding } from './fold-padding.ts'
import { fuseActivation } from './fuse-activation.ts'
import { removeChannels } from './remove-channels.ts'
import { removeIdentity } from './remove-identity.ts'
import { removeReshape } from './remove-reshape.ts'
import { graphBytes, type Rewrite, type RewriteName } from './rewrite.ts'

/** What a rewrite did to a graph, all its steps together. */
export interface AppliedRewrite {
  rewrite: RewriteName
  /** the layers that are gone or smaller, in words */
  layers: readonly string[]
  saved: {
    ops: number
    macs: number
    /** of weights and biases, as the model file holds them */
    constantBytes: number
    /** of values that layers no longer write */
    activationBytes: number
  }
}

export interface RewrittenGraph {
  /** tensors have the ids that they had; new ones are behind them */
  graph: Graph
  /** of tensors that lost channels: which of them are left, ascending */
  keptChannels: ReadonlyMap<TensorId, readonly number[]>
  applied: readonly AppliedRewrite[]
}

/** In this order: channels go last, since what is fused and folded before leaves fewer ops between them. */
export const REWRITES: readonly Rewrite[] = [
  foldConstants,
  removeIdentity,
  removeReshape,
  fuseActivation,
  foldPadding,
  removeChannels,
]

/** A graph that no rewrite touched. */
export const unchanged = (graph: Graph): RewrittenGraph => ({ graph, keptChannels: new Map(), applied: [] })

/** Throws MODEL_INVALID where the graph is broken. */
export function rewriteGraph(source: Graph, rewrites = REWRITES): RewrittenGraph {
  let graph = source
  const applied: AppliedRewrite[] = []
  const keptChannels = new Map<TensorId, readonly number[]>()
  for (const rewrite of rewrites) {
    const before = graph
    const layers: string[] = []
    // Each step takes an op or a channel away, so this ends.
    for (let step = rewrite.apply(graph); step !== undefined; step = rewrite.apply(graph)) {
      checkGraph(step.graph)
      for (const [id, kept] of step.keptChannels ?? []) {
        const earlier = keptChannels.get(id)
        keptChannels.set(id, earlier === undefined ? kept : kept.map((c) => earlier[c]!))
      }
      graph = step.graph
      layers.push(...step.layers)
    }
    if (layers.length > 0) applied.push({ rewrite: rewrite.name, layers, saved: difference(before, graph) })
  }
  return { graph, keptChannels, applied }
}

function difference(before: Graph, after: Graph): AppliedRewrite['saved'] {
  const macs = (graph: Graph) => graph.ops.reduce((sum, op) => sum + opMacs(graph, op), 0)
  const [from, to] = [graphBytes(before), graphBytes(after)]
  return {
    ops: before.ops.length - after.ops.length,
    macs: macs(before) - macs(after),
    constantBytes: from.constants - to.constants,
    activationBytes: from.activations - to.activations,
  }
}
