// Which kernel runs each op: the emitted one where it fits the op and the budgets, else the plain C kernel of the firmware.
//
// Ops are taken in order. Of the kernels for an op the quickest comes first and the smallest last (Winograd, then int16 and
// packed8 weights), so the first of them is taken with which all constants and code still fit the flash budget, ops not yet decided counted as plain; and scratch has to leave the
// arena within the RAM budget. Where a model is over a budget with plain kernels already, a choice may not add to it.

import { bytes, type Bytes } from '../base/units.ts'
import { emitOp, variantsOf, type EmittedOp } from '../codegen/emit-op.ts'
import type { Graph } from '../ir/graph.ts'
import { placeBuffers } from './arena.ts'
import { constantBytes } from './flash.ts'
import type { ActivationBuffer } from './lifetimes.ts'
import type { KernelChoice, KernelReason } from './planned-kernel.ts'

interface MemoryBudget {
  flashWeights: Bytes
  ramActivations: Bytes
}

/** What an op needs of the arena while it runs. */
export const scratchBuffer = (op: number, { scratchBytes }: EmittedOp): ActivationBuffer => ({
  tensors: [],
  bytes: bytes(scratchBytes),
  firstOp: op,
  lastOp: op,
})

export const plainKernels = (graph: Graph): KernelChoice[] =>
  graph.ops.map(() => ({ source: 'plain', reason: 'asked for' }))

/** One choice an op, the same for the same graph and budget. */
export function chooseKernels(
  graph: Graph,
  activations: readonly ActivationBuffer[],
  budget: MemoryBudget,
): KernelChoice[] {
  const choices: KernelChoice[] = graph.ops.map(() => ({ source: 'plain', reason: 'no emitter fits' }))
  const scratch: ActivationBuffer[] = []
  const mostFlash = Math.max(budget.flashWeights, constantBytes(graph, choices).total)
  const mostRam = Math.max(budget.ramActivations, placeBuffers(activations).arenaBytes)
  graph.ops.forEach((op, index) => {
    let lacking: KernelReason | undefined
    for (const variant of variantsOf(op)) {
      const emitted = emitOp(graph, op, variant)
      if (emitted === undefined) continue
      const own = emitted.scratchBytes > 0 ? [scratchBuffer(index, emitted)] : []
      const weights = variant === 'packed8' ? variant : 'int16'
      const wanted: KernelChoice = { source: 'generated', reason: lacking ?? 'fastest that fits', weights, emitted }
      if (placeBuffers([...activations, ...scratch, ...own]).arenaBytes > mostRam) lacking = 'RAM budget'
      else if (constantBytes(graph, choices.with(index, wanted)).total > mostFlash) lacking = 'flash budget'
      else {
        choices[index] = wanted
        scratch.push(...own)
        return
      }
    }
    if (lacking) choices[index] = { source: 'plain', reason: lacking }
  })
  return choices
}
