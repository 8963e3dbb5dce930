// Which kernel runs each op: the emitted one where it fits the op and the budgets, else the plain C kernel of the firmware.
//
// Ops are taken in order, and of each op's kernels the quickest with which all constants and code still fit the flash budget,
// ops not yet decided counted as plain, and the arena the RAM budget. Where a model is over a budget with plain kernels
// already, a choice may not add to it.
//
// int16 and packed8 weights take as many cycles in the products. What decides is where the weights come from: where they do
// not stay in the data cache until they are read again, packed8 halves what is waited for, and so is the quicker.
//
// RAM is what a firmware around the model lacks first: a kernel whose scratch makes the arena more than an eighth, or half a
// kilobyte, larger than the model's activations need is passed over for a slower one that does not, where there is one.

import { bytes, KB, type Bytes } from '../base/units.ts'
import { emitOp, variantsOf, type EmittedOp } from '../codegen/emit-op.ts'
import type { WeightForm } from '../codegen/kernels/kernel.ts'
import type { Graph, Op } from '../ir/graph.ts'
import { placeBuffers } from './arena.ts'
import { constantBytes } from './flash.ts'
import { activationBuffers, type ActivationBuffer } from './lifetimes.ts'
import type { KernelChoice, KernelReason } from './planned-kernel.ts'

interface ChoiceTarget {
  dataCache: Bytes
  budget: { flashWeights: Bytes; ramActivations: Bytes }
}

interface Candidate {
  weights: WeightForm
  emitted: EmittedOp
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

/** One choice an op, the same for the same graph and target. */
export function chooseKernels(graph: Graph, { dataCache, budget }: ChoiceTarget): KernelChoice[] {
  const choices: KernelChoice[] = graph.ops.map(() => ({ source: 'plain', reason: 'no emitter fits' }))
  const arenaBytes = (made: readonly KernelChoice[]) => {
    const { activations, scratch } = arenaBuffers(graph, made)
    return placeBuffers([...activations, ...scratch]).arenaBytes
  }
  const mostFlash = Math.max(budget.flashWeights, constantBytes(graph, choices).total)
  const mostRam = Math.max(budget.ramActivations, arenaBytes(choices))
  const own = arenaBytes(choices)
  const smallRam = Math.min(mostRam, own + Math.max(own / 8, KB / 2))
  graph.ops.forEach((op, index) => {
    const candidates = quickestFirst(op, emitAll(graph, op), dataCache)
    for (const limit of [smallRam, mostRam]) {
      let reason: KernelReason = 'fastest that fits'
      for (const candidate of candidates) {
        const made = choices.with(index, { source: 'generated', reason, ...candidate })
        if (arenaBytes(made) > limit) reason = limit === mostRam ? 'RAM budget' : 'small arena'
        else if (constantBytes(graph, made).total > mostFlash) reason = 'flash budget'
        else {
          choices[index] = made[index]!
          return
        }
      }
      if (candidates.length > 0) choices[index] = { source: 'plain', reason }
    }
  })
  return choices
}

const emitAll = (graph: Graph, op: Op): Candidate[] =>
  variantsOf(op).flatMap((variant) => {
    const emitted = emitOp(graph, op, variant)
    return emitted === undefined ? [] : [{ weights: variant.weights, emitted }]
  })

/** Puts int16 weights that come from flash each time they are read behind packed ones; Winograd has so few products that it stays. */
function quickestFirst(op: Op, candidates: readonly Candidate[], dataCache: Bytes): Candidate[] {
  const waits = ({ weights, emitted: { family, kernel } }: Candidate) =>
    weights === 'int16' &&
    family !== 'winograd' &&
    (op.kind === 'FULLY_CONNECTED' || kernel.constants.length > dataCache)
  return [...candidates.filter((candidate) => !waits(candidate)), ...candidates.filter(waits)]
}
