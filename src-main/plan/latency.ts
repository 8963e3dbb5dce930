// An ESTIMATE of how long one inference takes, for when nothing has run yet. The factors of the ops that the MLPerf Tiny
// models hold are fitted to the plain C kernels on the emulated Cortex-M4 (zero-wait memory), the others follow from
// their inner loops. Narrow layers cost more than this says, since their set-up counts.

import { cycles, cyclesToUs, type Cycles, type Hz, type Us } from '../base/units.ts'
import { elementCount, type Graph, type Op, type OpKind } from '../ir/graph.ts'
import { opMacs } from '../ir/op-table.ts'
import { tensorAt } from '../ir/tensor-access.ts'

interface Cost {
  /** per multiply-accumulate */
  mac: number
  /** per value of the op's first input */
  input: number
  /** per value of the output */
  output: number
}

const CYCLES: Record<OpKind, Cost> = {
  CONV_2D: { mac: 4.7, input: 0, output: 75 },
  DEPTHWISE_CONV_2D: { mac: 9, input: 0, output: 70 },
  FULLY_CONNECTED: { mac: 4.5, input: 0, output: 80 },
  ADD: { mac: 0, input: 0, output: 121 },
  AVERAGE_POOL_2D: { mac: 0, input: 10, output: 25 },
  MAX_POOL_2D: { mac: 0, input: 10, output: 15 },
  MEAN: { mac: 0, input: 8, output: 60 },
  SOFTMAX: { mac: 0, input: 0, output: 200 },
  RESHAPE: { mac: 0, input: 0, output: 0 },
  RELU: { mac: 0, input: 0, output: 40 },
  RELU6: { mac: 0, input: 0, output: 40 },
  QUANTIZE: { mac: 0, input: 0, output: 45 },
  DEQUANTIZE: { mac: 0, input: 0, output: 10 },
  PAD: { mac: 0, input: 1, output: 1 },
}

export interface OpEstimate {
  index: number
  kind: OpKind
  macs: number
  cycles: Cycles
}

export interface LatencyEstimate {
  provenance: 'estimated'
  cycles: Cycles
  latencyUs: Us
  ops: readonly OpEstimate[]
}

export function estimateLatency(graph: Graph, clock: Hz): LatencyEstimate {
  const ops = graph.ops.map((op, index): OpEstimate => {
    const macs = opMacs(graph, op)
    return { index, kind: op.kind, macs, cycles: cycles(Math.round(opCycles(graph, op, macs))) }
  })
  const total = cycles(ops.reduce((sum, op) => sum + op.cycles, 0))
  return { provenance: 'estimated', cycles: total, latencyUs: cyclesToUs(total, clock), ops }
}

function opCycles(graph: Graph, op: Op, macs: number): number {
  const cost = CYCLES[op.kind]
  const values = (id: number | undefined) => elementCount(tensorAt(graph, id).shape)
  return cost.mac * macs + cost.input * values(op.inputs[0]) + cost.output * values(op.outputs[0])
}
