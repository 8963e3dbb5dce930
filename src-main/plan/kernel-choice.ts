// Which kernel runs each op: the emitted one where it fits the op and the budgets, else the plain C kernel of the firmware.
//
// Ops are taken in order. int16 weights are the quickest and packed8 weights the smaller, so the first of them is taken with
// which all constants and code still fit the flash budget, ops not yet decided counted as plain; and scratch has to leave the
// arena within the RAM budget. Where a model is over a budget with plain kernels already, a choice may not add to it.

import { bytes, type Bytes } from '../base/units.ts'
import { emitOp, weightFormsOf } from '../codegen/emit-op.ts'
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
  graph.ops.forEach((op, index) => {
    let lacking: KernelReason | undefined
    for (const weights of weightFormsOf(op)) {
      const emitted = emitOp(graph, op, weights)
      if (emitted === undefined) return
      const wanted: KernelChoice = { source: 'generated', reason: lacking ?? 'fastest that fits', weights, emitted }
      const made = choices.with(index, wanted)
      if (arenaBytes(made) > mostRam) lacking = 'RAM budget'
      else if (constantBytes(graph, made).total > mostFlash) lacking = 'flash budget'
      else {
        choices[index] = wanted
        return
      }
    }
    if (lacking) choices[index] = { source: 'plain', reason: lacking }
  })
  return choices
}
