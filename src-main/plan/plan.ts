// What a model needs on a board, before anything is packed: where every activation lies in RAM, how many bytes of
// constants go into flash, whether both fit the budgets, and an estimate of its latency.
//
// RAM: lifetimes.ts finds when each activation is alive, arena.ts places them, RESHAPE costs nothing. Ops run in the
// graph's own order. Plain kernels need no scratch memory; that of generated ones is in the arena while their op runs.

import { AppError } from '../base/errors.ts'
import { KB, bytes, type Bytes, type Hz } from '../base/units.ts'
import { tensorBytes, type Graph, type Tensor, type TensorId } from '../ir/graph.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { checkStack, stackFit, type StackFit } from './stack.ts'
import { aliveAt, busiestOp, placeBuffers, type PlacedBuffer } from './arena.ts'
import { checkChipSupport } from './chip-support.ts'
import { constantBytes, type ConstantBytes } from './flash.ts'
import { estimateLatency, type LatencyEstimate } from './latency.ts'
import { arenaBuffers, chooseKernels, plainKernels } from './kernel-choice.ts'
import type { KernelSource, PlannedKernel } from './planned-kernel.ts'
import { rewriteGraph, unchanged, type AppliedRewrite } from './rewrites/rewrite-graph.ts'

/** What the planner wants to know of a board; every board description has it. */
export interface PlanTarget {
  board: string
  core: 'cortex-m4f' | 'cortex-m7'
  clock: Hz
  /** what of flash stays at hand as data between two readings */
  dataCache: Bytes
  budget: { flashWeights: Bytes; ramActivations: Bytes }
  /** of the stack that the firmware's linker script reserves, what is left to a generated kernel; absent: not checked */
  kernelStack?: Bytes
}

/** An activation in the arena. */
export interface PlannedTensor {
  id: TensorId
  name: string
  offset: Bytes
  bytes: Bytes
  /** -1: written before the first op */
  firstOp: number
  /** graph.ops.length: read after the last op */
  lastOp: number
}

/** One memory against its budget. */
export interface Fit {
  needed: Bytes
  budget: Bytes
  /** 0 where it fits */
  over: Bytes
  /** the largest tensors that make up the need, largest first */
  largest: readonly { name: string; shape: readonly number[]; bytes: Bytes }[]
}

export interface Plan {
  /** as it was given */
  source: Graph
  /** what runs on the chip; tensors that `source` has are the same ones here, by id */
  graph: Graph
  /** what made `graph` of `source` */
  rewrites: readonly AppliedRewrite[]
  /** of the tensors that lost channels: which of the source's they have, ascending */
  keptChannels: ReadonlyMap<TensorId, readonly number[]>
  target: PlanTarget
  /** every activation, in the order in which they come to life */
  tensors: readonly PlannedTensor[]
  /** one an op */
  kernels: readonly PlannedKernel[]
  arenaBytes: Bytes
  /** no arena can be smaller than this */
  lowerBoundBytes: Bytes
  constants: ConstantBytes
  flash: Fit
  ram: Fit
  stack: StackFit
  fits: boolean
  latency: LatencyEstimate
}

export interface PlanOptions {
  /** generated: machine code made for the model, wherever it fits; plain: the firmware's C kernels, which run anywhere */
  kernels: KernelSource
  /** rewrites the graph first, exactly (rewrites/): the same outputs from fewer layers and products */
  rewrite?: boolean
}

/**
 * Plans an int8 graph for a board. Throws MODEL_DTYPE_UNSUPPORTED or MODEL_OPS_UNSUPPORTED naming every op that the chip
 * can't run; never for size: see `checkBudget`.
 */
export function planModel(source: Graph, target: PlanTarget, options: PlanOptions = { kernels: 'plain' }): Plan {
  // What the chip can't run is named as the file has it.
  checkChipSupport(source)
  const { graph, applied, keptChannels } = options.rewrite ? rewriteGraph(source) : unchanged(source)
  const choices = options.kernels === 'plain' ? plainKernels(graph) : chooseKernels(graph, target)
  const { activations, scratch } = arenaBuffers(graph, choices)
  const { buffers, arenaBytes } = placeBuffers([...activations, ...scratch])
  const scratchOf = new Map(buffers.slice(activations.length).map((buffer) => [buffer.firstOp, buffer]))
  const busiest = busiestOp(buffers)
  const stack = stackFit(choices, target.kernelStack)
  const constants = constantBytes(graph, choices)
  const flash = fit(constants.total, target.budget.flashWeights, constantTensors(graph))
  const ram = fit(arenaBytes, target.budget.ramActivations, firstTensors(graph, aliveAt(buffers, busiest.op)))
  return {
    source,
    graph,
    rewrites: applied,
    keptChannels,
    target,
    tensors: buffers.flatMap(({ tensors, offset, firstOp, lastOp }) =>
      tensors.map((id) => {
        // An output in place may be smaller than the input whose place it has.
        const tensor = tensorAt(graph, id)
        return { id, name: tensor.name, offset, bytes: bytes(tensorBytes(tensor)), firstOp, lastOp }
      }),
    ),
    kernels: choices.map((choice, index) => {
      const own = scratchOf.get(index)
      return { ...choice, scratch: own && { offset: own.offset, bytes: own.bytes } }
    }),
    arenaBytes,
    lowerBoundBytes: busiest.bytes,
    constants,
    flash,
    ram,
    stack,
    fits: flash.over === 0 && ram.over === 0 && stack.over === 0,
    latency: estimateLatency(graph, target, choices),
  }
}

const NAMED_TENSORS = 5

function fit(needed: Bytes, budget: Bytes, tensors: readonly Tensor[]): Fit {
  const largest = tensors
    .map((tensor) => ({ name: tensor.name, shape: tensor.shape, bytes: bytes(tensorBytes(tensor)) }))
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, NAMED_TENSORS)
  return { needed, budget, over: bytes(Math.max(0, needed - budget)), largest }
}

const firstTensors = (graph: Graph, buffers: readonly PlacedBuffer[]) =>
  buffers.flatMap(({ tensors }) => (tensors.length > 0 ? [tensorAt(graph, tensors[0])] : []))

const constantTensors = (graph: Graph) =>
  [...new Set(graph.ops.flatMap((op) => op.inputs))].map((id) => tensorAt(graph, id)).filter((tensor) => tensor.data)

/**
 * Throws MODEL_TOO_LARGE: for each memory that is over its budget by how much, and the tensors that take most of it; and
 * STACK_TOO_SMALL.
 */
export function checkBudget(plan: Plan): void {
  if (plan.fits) return
  checkStack(plan)
  const { board } = plan.target
  const message = [describe('flash for weights', plan.flash, board), describe('RAM for activations', plan.ram, board)]
    .filter((line) => line !== undefined)
    .join(' ')
  throw new AppError('MODEL_TOO_LARGE', message, { context: { flash: plan.flash, ram: plan.ram } })
}

function describe(what: string, { needed, budget, over, largest }: Fit, board: string): string | undefined {
  if (over === 0) return undefined
  const named = largest.map(({ name, shape, bytes }) => `${name} [${shape.join('x')}] ${kilobytes(bytes)}`)
  return (
    `The model needs ${kilobytes(needed)} of ${what}, ${kilobytes(over)} more than the budget of ` +
    `${kilobytes(budget)} on ${board}. Largest tensors: ${named.join(', ')}.`
  )
}

const kilobytes = (n: number) => (n < KB ? `${n} B` : `${(n / KB).toFixed(1)} KB`)
