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
import { emitOp, variantsOf, type KernelVariant } from '../codegen/emit-op.ts'
import { elementCount, type Graph, type Op } from '../ir/graph.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { placeBuffers } from './arena.ts'
import { constantBytes } from './flash.ts'
import { activationBuffers, type ActivationBuffer } from './lifetimes.ts'
import { plainWorksInPlace } from './plain-in-place.ts'
import type { KernelChoice, KernelReason } from './planned-kernel.ts'

interface ChoiceTarget {
  dataCache: Bytes
  budget: { flashWeights: Bytes; ramActivations: Bytes }
}

/** What is in the arena, in the order in which it comes to life: the activations, then what ops need beside them. */
export function arenaBuffers(graph: Graph, choices: readonly KernelChoice[]) {
  const inPlace = (op: number) => {
    const choice = choices[op]!
    return choice.source === 'generated' ? choice.emitted.inPlace : plainWorksInPlace(graph, graph.ops[op]!)
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
  const own = arenaBytes(choices)
  const mostRam = Math.max(budget.ramActivations, own)
  const smallRam = Math.min(mostRam, own + Math.max(own / 8, KB / 2))
  graph.ops.forEach((op, index) => {
    const variants = quickestFirst(graph, op, dataCache)
    const emit = remembered((variant: KernelVariant) => emitOp(graph, op, variant))
    let tooLarge = Infinity
    for (const limit of [smallRam, mostRam]) {
      let reason: KernelReason | undefined
      for (const variant of variants) {
        // Where fewer bytes did not fit, more need not be made: proving a large layer's requantise takes seconds.
        const emitted = bytesPerWeight(variant) < tooLarge ? emit(variant) : undefined
        if (emitted === undefined) continue
        const { weights } = variant
        const wanted: KernelChoice = { source: 'generated', reason: reason ?? 'fastest that fits', weights, emitted }
        const made = choices.with(index, wanted)
        if (constantBytes(graph, made).total > mostFlash) {
          reason = 'flash budget'
          tooLarge = bytesPerWeight(variant)
        } else if (arenaBytes(made) > limit) reason = limit === mostRam ? 'RAM budget' : 'small arena'
        else {
          choices[index] = wanted
          return
        }
      }
      if (tooLarge < Infinity) reason = 'flash budget'
      if (reason !== undefined) choices[index] = { source: 'plain', reason }
    }
  })
  return choices
}

function remembered<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>()
  return (key) => {
    if (!made.has(key)) made.set(key, make(key))
    return made.get(key)!
  }
}

/** Winograd has 16 halfwords for 9 weights. */
const bytesPerWeight = ({ way, weights }: KernelVariant) => (way === 'winograd' ? 32 / 9 : weights === 'int16' ? 2 : 1)

/** Puts int16 weights that come from flash each time they are read behind packed ones; Winograd has so few products that it stays. */
function quickestFirst(graph: Graph, op: Op, dataCache: Bytes): KernelVariant[] {
  const variants = variantsOf(op)
  if (op.kind !== 'CONV_2D' && op.kind !== 'FULLY_CONNECTED') return [...variants]
  const count = elementCount(tensorAt(graph, op.inputs[1]).shape)
  const waits = (variant: KernelVariant) =>
    variant.weights === 'int16' &&
    variant.way !== 'winograd' &&
    (op.kind === 'FULLY_CONNECTED' || count * bytesPerWeight(variant) > dataCache)
  return [...variants.filter((variant) => !waits(variant)), ...variants.filter(waits)]
}
