// An ESTIMATE of how long one inference takes, for when nothing has run yet: so many cycles for each multiply-accumulate,
// input and output value of an op that a plain kernel runs, and so many for each instruction that a generated one is estimated
// to execute (kernel-cost.ts), by the core.
//
// Fitted to what the emulated boards count for the int8 MLPerf Tiny models, waits for memory included: an estimate of those
// figures (docs/timing.md says what they are), for KWS and AD within 12 % of them. One row serves both Cortex-M7 chips.
// Factors of ops that those models don't hold follow from the kernels' inner loops, in proportion to those that they hold;
// those of element-wise ops but ADD were counted on the emulated boards, over tensors of 4,096 values.

import { cycles, cyclesToUs, type Cycles, type Hz, type Us } from '../base/units.ts'
import type { EmittedOp } from '../codegen/emit-op.ts'
import { elementCount, type Graph, type Op, type OpKind } from '../ir/graph.ts'
import { opMacs } from '../ir/op-table.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import { estimateInstructions } from './kernel-cost.ts'
import type { KernelChoice } from './planned-kernel.ts'

interface Cost {
  /** per multiply-accumulate */
  mac: number
  /** per value of the op's first input */
  input: number
  /** per value of the output */
  output: number
}

/** What the estimate wants to know of a board. */
export interface LatencyTarget {
  core: 'cortex-m4f' | 'cortex-m7'
  clock: Hz
}

type Costs = Readonly<Record<OpKind, Cost>>

const PLAIN_M4: Costs = {
  CONV_2D: { mac: 5.09, input: 0, output: 139 },
  DEPTHWISE_CONV_2D: { mac: 10.5, input: 0, output: 83 },
  FULLY_CONNECTED: { mac: 5.61, input: 0, output: 96 },
  ADD: { mac: 0, input: 0, output: 126 },
  SUB: { mac: 0, input: 0, output: 137 },
  MUL: { mac: 0, input: 0, output: 72 },
  MINIMUM: { mac: 0, input: 0, output: 22 },
  MAXIMUM: { mac: 0, input: 0, output: 22 },
  PRELU: { mac: 0, input: 0, output: 65 },
  ABS: { mac: 0, input: 0, output: 15 },
  HARD_SWISH: { mac: 0, input: 0, output: 15 },
  LEAKY_RELU: { mac: 0, input: 0, output: 15 },
  LOGISTIC: { mac: 0, input: 0, output: 15 },
  TANH: { mac: 0, input: 0, output: 15 },
  AVERAGE_POOL_2D: { mac: 0, input: 10.7, output: 25 },
  MAX_POOL_2D: { mac: 0, input: 10.7, output: 15 },
  MEAN: { mac: 0, input: 8, output: 60 },
  SOFTMAX: { mac: 0, input: 0, output: 180 },
  RESHAPE: { mac: 0, input: 0, output: 4 },
  RELU: { mac: 0, input: 0, output: 55 },
  RELU6: { mac: 0, input: 0, output: 55 },
  QUANTIZE: { mac: 0, input: 0, output: 47 },
  DEQUANTIZE: { mac: 0, input: 0, output: 10 },
  PAD: { mac: 0, input: 1, output: 1 },
  CONCATENATION: { mac: 0, input: 0, output: 10 },
  SPLIT: { mac: 0, input: 0, output: 10 },
  SPLIT_V: { mac: 0, input: 0, output: 10 },
  TRANSPOSE: { mac: 0, input: 0, output: 10 },
  STRIDED_SLICE: { mac: 0, input: 0, output: 10 },
  SQUEEZE: { mac: 0, input: 0, output: 4 },
  EXPAND_DIMS: { mac: 0, input: 0, output: 4 },
  RESIZE_NEAREST_NEIGHBOR: { mac: 0, input: 0, output: 4 },
  ARG_MAX: { mac: 0, input: 8, output: 20 },
  TRANSPOSE_CONV: { mac: 5.09, input: 0, output: 139 },
}

const PLAIN_M7: Costs = {
  CONV_2D: { mac: 2.53, input: 0, output: 69 },
  DEPTHWISE_CONV_2D: { mac: 5, input: 0, output: 39 },
  FULLY_CONNECTED: { mac: 2.93, input: 0, output: 51 },
  ADD: { mac: 0, input: 0, output: 84 },
  SUB: { mac: 0, input: 0, output: 84 },
  MUL: { mac: 0, input: 0, output: 43 },
  MINIMUM: { mac: 0, input: 0, output: 17 },
  MAXIMUM: { mac: 0, input: 0, output: 17 },
  PRELU: { mac: 0, input: 0, output: 41 },
  ABS: { mac: 0, input: 0, output: 7 },
  HARD_SWISH: { mac: 0, input: 0, output: 7 },
  LEAKY_RELU: { mac: 0, input: 0, output: 7 },
  LOGISTIC: { mac: 0, input: 0, output: 7 },
  TANH: { mac: 0, input: 0, output: 7 },
  AVERAGE_POOL_2D: { mac: 0, input: 5.4, output: 13 },
  MAX_POOL_2D: { mac: 0, input: 5.4, output: 8 },
  MEAN: { mac: 0, input: 4.5, output: 33 },
  SOFTMAX: { mac: 0, input: 0, output: 140 },
  RESHAPE: { mac: 0, input: 0, output: 3 },
  RELU: { mac: 0, input: 0, output: 33 },
  RELU6: { mac: 0, input: 0, output: 33 },
  QUANTIZE: { mac: 0, input: 0, output: 26 },
  DEQUANTIZE: { mac: 0, input: 0, output: 6 },
  PAD: { mac: 0, input: 1, output: 1 },
  CONCATENATION: { mac: 0, input: 0, output: 6 },
  SPLIT: { mac: 0, input: 0, output: 6 },
  SPLIT_V: { mac: 0, input: 0, output: 6 },
  TRANSPOSE: { mac: 0, input: 0, output: 6 },
  STRIDED_SLICE: { mac: 0, input: 0, output: 6 },
  SQUEEZE: { mac: 0, input: 0, output: 3 },
  EXPAND_DIMS: { mac: 0, input: 0, output: 3 },
  RESIZE_NEAREST_NEIGHBOR: { mac: 0, input: 0, output: 3 },
  ARG_MAX: { mac: 0, input: 4.5, output: 11 },
  TRANSPOSE_CONV: { mac: 2.53, input: 0, output: 69 },
}

const PLAIN: Readonly<Record<LatencyTarget['core'], Costs>> = { 'cortex-m4f': PLAIN_M4, 'cortex-m7': PLAIN_M7 }

/** Cycles an instruction of generated kernels, of those that the int8 MLPerf Tiny models get. */
const CYCLES_PER_INSTRUCTION: Readonly<Record<LatencyTarget['core'], Record<EmittedOp['family'], number>>> = {
  'cortex-m4f': {
    pointwise: 1.74,
    'direct-convolution': 1.72,
    winograd: 2.17,
    depthwise: 1.32,
    'fully-connected': 1.77,
    add: 1.1,
    pool: 1.45,
  },
  'cortex-m7': {
    pointwise: 1.2,
    'direct-convolution': 1.19,
    winograd: 1.54,
    depthwise: 1.05,
    'fully-connected': 1.28,
    add: 0.93,
    pool: 1.07,
  },
}

export interface OpEstimate {
  index: number
  kind: OpKind
  macs: number
  /** of a generated kernel; null where a plain one runs */
  instructions: number | null
  cycles: Cycles
}

export interface LatencyEstimate {
  provenance: 'estimated'
  cycles: Cycles
  latencyUs: Us
  ops: readonly OpEstimate[]
}

/** `kernels`: one an op. */
export function estimateLatency(
  graph: Graph,
  { core, clock }: LatencyTarget,
  kernels: readonly KernelChoice[],
): LatencyEstimate {
  const ops = graph.ops.map((op, index): OpEstimate => {
    const macs = opMacs(graph, op)
    const choice = kernels[index]!
    if (choice.source === 'plain') {
      const estimate = Math.round(opCycles(graph, op, macs, PLAIN[core][op.kind]))
      return { index, kind: op.kind, macs, instructions: null, cycles: cycles(estimate) }
    }
    const instructions = Math.round(estimateInstructions(graph, op, choice))
    const perInstruction = CYCLES_PER_INSTRUCTION[core][choice.emitted.family]
    return { index, kind: op.kind, macs, instructions, cycles: cycles(Math.round(instructions * perInstruction)) }
  })
  const total = cycles(ops.reduce((sum, op) => sum + op.cycles, 0))
  return { provenance: 'estimated', cycles: total, latencyUs: cyclesToUs(total, clock), ops }
}

function opCycles(graph: Graph, op: Op, macs: number, cost: Cost): number {
  const values = (id: number | undefined) => elementCount(tensorAt(graph, id).shape)
  return cost.mac * macs + cost.input * values(op.inputs[0]) + cost.output * values(op.outputs[0])
}
