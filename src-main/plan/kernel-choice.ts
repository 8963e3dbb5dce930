// Which kernel runs each op: the emitted one where it fits the op and the budgets, else the plain C kernel of the firmware.
//
// Ops are taken in order, and of each op's kernels the quickest with which all constants and code still fit the flash budget,
// ops not yet decided counted as plain, and the arena the RAM budget. Where a model is over a budget with plain kernels
// already, a choice may not add to it.
//
// RAM is what a firmware around the model lacks first: a kernel whose scratch makes the arena more than an eighth larger
// than the model's activations need is passed over for a slower one that does not, where there is one.

import { bytes, type Bytes } from '../base/units.ts'
import { emitOp, variantsOf } from '../codegen/emit-op.ts'
import type { Graph } from '../ir/graph.ts'
import { placeBuffers } from './arena.ts'
import { constantBytes } from './flash.ts'
import { activationBuffers, type ActivationBuffer } from './lifetimes.ts'
import type { KernelChoice, KernelReason } from './planned-kernel.ts'

interface MemoryBudget {
  flashWeights: Bytes
  ramActivations: Bytes
}

/** What is in the arena, in the order in which it comes to life: the activations, then what ops need beside them. */
export function arenaBuffers(graph: Graph, choices: readonly KernelChoice[]) {
  const inPlace = (op: number) => {
    const choice = choices[op]!
    return choice.source === 'generated' && choice.emitted.inPlace
  }
  const activations = activationBuffers(graph, inPlace)
  const scratch = choices.flatMap((choice, op): ActivationBuffer[] => {
    const size = choice.source === 'generated' ? choice.emitted.kernel.scratchBytes : 0
    return size > 0 ? [{ tensors: [], bytes: bytes(size), firstOp: op, lastOp: op }] : []
  })
  return { activations, scratch }
}

export const plainKernels = (graph: Graph): KernelChoice[] =>
  graph.ops.map(() => ({ source: 'plain', reason: 'asked for' }))

/** One choice an op, the same for the same graph and budget. */
export function chooseKernels(graph: Graph, budget: MemoryBudget): KernelChoice[] {
  const choices: KernelChoice[] = graph.ops.map(() => ({ source: 'plain', reason: 'no emitter fits' }))
  const arenaBytes = (made: readonly KernelChoice[]) => {
    const { activations, scratch } = arenaBuffers(graph, made)
    return placeBuffers([...activations, ...scratch]).arenaBytes
  }
  const mostFlash = Math.max(budget.flashWeights, constantBytes(graph, choices).total)
  const mostRam = Math.max(budget.ramActivations, arenaBytes(choices))
  const smallRam = Math.min(mostRam, arenaBytes(choices) * (1 + MOST_GROWTH))
  graph.ops.forEach((op, index) => {
    const variants = variantsOf(op).flatMap((variant) => {
      const emitted = emitOp(graph, op, variant)
      return emitted === undefined ? [] : [{ weights: variant.weights, emitted }]
    })
    for (const limit of [smallRam, mostRam]) {
      let reason: KernelReason = 'fastest that fits'
      for (const variant of variants) {
        const made = choices.with(index, { source: 'generated', reason, ...variant })
        if (arenaBytes(made) > limit) reason = limit === mostRam ? 'RAM budget' : 'small arena'
        else if (constantBytes(graph, made).total > mostFlash) reason = 'flash budget'
        else {
          choices[index] = made[index]!
          return
        }
      }
      if (variants.length > 0) choices[index] = { source: 'plain', reason }
    }
  })
  return choices
}

/** of the arena, by scratch */
const MOST_GROWTH = 1 / 8
