// How many instructions a generated kernel executes for one inference, ESTIMATED from what it has to do: so many for each
// product, value and pixel, by the kernel's family.
//
// The factors are a least-squares fit of relative errors to what the emulated Cortex-M4 counted for random layers of usual
// sizes (test/codegen/cost-layers.ts); test/codegen/cost-model.test.ts prints how far they are from other such layers.

import type { EmittedOp } from '../codegen/emit-op.ts'
import type { WeightForm } from '../codegen/kernels/kernel.ts'
import { elementCount, type Graph, type Op } from '../ir/graph.ts'
import { opMacs } from '../ir/op-table.ts'
import { addParams } from '../ir/quantized-params.ts'
import { shape4, windowGeometry } from '../ir/shapes.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import type { KernelChoice } from './planned-kernel.ts'

/** What a kernel does, counted. */
interface Work {
  /** multiply-accumulates */
  mac: number
  /** values of the first input, and of the output */
  input: number
  output: number
  /** outputs that a linear, and a plain requantise make: more than a clamped one takes */
  linear: number
  plain: number
  /** bytes that a convolution gathers for its windows, and the rows that they are in */
  gathered: number
  gatheredRows: number
  /** rows of the planes that a depthwise convolution makes */
  planeRow: number
  /** words of four channels that a pool's windows read, and the rows that they are in */
  word: number
  wordRow: number
  /** bounds of a sum that are not int8's own, each output's counted */
  clamp: number
  /** once a call */
  call: number
}

type Costs = Readonly<Partial<Work>>

/** A plain requantise takes about 14 instructions, a clamped one two (codegen/requantize/). */
const PLAIN = 12

type Row =
  | `${'pointwise' | 'direct-convolution' | 'fully-connected'} ${WeightForm}`
  | 'winograd'
  | 'depthwise 3x3, stride 1'
  | 'depthwise 3x3, stride 2'
  | 'depthwise'
  | 'add'
  | 'average pool'
  | 'max pool'
  | 'mean'

const COSTS: Readonly<Record<Row, Costs>> = {
  'pointwise int16': { mac: 0.627, output: 4.9, input: 0.93, linear: 2.4, plain: PLAIN, call: 170 },
  'pointwise packed8': { mac: 0.752, output: 5.6, input: 0.9, linear: 3.3, plain: PLAIN, call: 20 },
  'direct-convolution int16': { mac: 0.613, output: 7, gathered: 1.62, gatheredRows: 12.8, linear: 1.4, plain: PLAIN },
  'direct-convolution packed8': { mac: 0.739, output: 5.9, gathered: 2.25, gatheredRows: 10, linear: 3.9, plain: PLAIN, call: 300 }, // prettier-ignore
  winograd: { mac: 0.282, output: 13.5, input: 6.9, call: 4000 },
  'fully-connected int16': { mac: 0.697, output: 4.9, input: 1.17, linear: 2.4, plain: PLAIN, call: 14 },
  'fully-connected packed8': { mac: 0.886, output: 5.2, input: 1.05, linear: 4, plain: PLAIN, call: 21 },
  'depthwise 3x3, stride 1': { mac: 1.166, input: 2.7, planeRow: 1, linear: 2.8, plain: PLAIN, call: 450 },
  'depthwise 3x3, stride 2': { mac: 1.56, input: 1.77, planeRow: 9.7, linear: 6, plain: PLAIN, call: 109 },
  depthwise: { mac: 0.853, output: 9.2, input: 3.6, linear: 2.6, plain: PLAIN },
  add: { output: 5.75, clamp: 3, call: 20 },
  'average pool': { word: 3.37, wordRow: 2.5, output: 16, call: 70 },
  'max pool': { word: 3.9, wordRow: 2.5, output: 2.6, call: 55 },
  mean: { word: 3, wordRow: 2.2, output: 17, call: 37 },
}

type Generated = Extract<KernelChoice, { source: 'generated' }>

/** Instructions of one call. */
export function estimateInstructions(graph: Graph, op: Op, choice: Generated): number {
  const work = workOf(graph, op, choice.emitted)
  const costs = Object.entries(COSTS[rowOf(graph, op, choice)]) as [keyof Work, number][]
  return costs.reduce((sum, [what, cost]) => sum + cost * work[what], 0)
}

function rowOf(graph: Graph, op: Op, { emitted: { family }, weights }: Generated): Row {
  switch (family) {
    case 'pointwise':
    case 'direct-convolution':
    case 'fully-connected':
      return `${family} ${weights}`
    case 'depthwise': {
      if (op.kind !== 'DEPTHWISE_CONV_2D') return 'depthwise'
      const { filterH, filterW, strideH, strideW, dilationH, dilationW } = windowGeometry(graph, op)
      const is3x3 = filterH === 3 && filterW === 3 && dilationH * dilationW * op.multiplier === 1
      if (!is3x3 || strideH !== strideW || strideH > 2) return 'depthwise'
      return strideH === 1 ? 'depthwise 3x3, stride 1' : 'depthwise 3x3, stride 2'
    }
    case 'pool':
      return op.kind === 'MEAN' ? 'mean' : op.kind === 'MAX_POOL_2D' ? 'max pool' : 'average pool'
    default:
      return family
  }
}

const WORD_CHANNELS = 4

function workOf(graph: Graph, op: Op, { kernel }: EmittedOp): Work {
  const inputShape = tensorAt(graph, op.inputs[0]).shape
  const output = elementCount(tensorAt(graph, op.outputs[0]).shape)
  const work: Work = {
    mac: opMacs(graph, op),
    input: elementCount(inputShape),
    output,
    linear: kernel.requantize === 'linear' ? output : 0,
    plain: kernel.requantize === 'plain' ? output : 0,
    ...{ gathered: 0, gatheredRows: 0, planeRow: 0, word: 0, wordRow: 0, clamp: 0, call: 1 },
  }
  switch (op.kind) {
    case 'CONV_2D': {
      const { outputH, outputW, filterH, filterW, inputC } = windowGeometry(graph, op)
      const gatheredRows = outputH * outputW * filterH
      return { ...work, gathered: gatheredRows * filterW * inputC, gatheredRows }
    }
    case 'DEPTHWISE_CONV_2D': {
      const { outputH, outputC } = windowGeometry(graph, op)
      return { ...work, planeRow: outputH * outputC }
    }
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      const { outputH, outputW, filterH, filterW, inputC } = windowGeometry(graph, op)
      const wordRow = outputH * outputW * filterH * Math.ceil(inputC / WORD_CHANNELS)
      return { ...work, word: wordRow * filterW, wordRow }
    }
    case 'MEAN': {
      const [, height, width, channels] = shape4(inputShape)
      const wordRow = height * Math.ceil(channels / WORD_CHANNELS)
      return { ...work, word: wordRow * width, wordRow }
    }
    case 'ADD': {
      const { activationMin, activationMax } = addParams(graph, op)
      return { ...work, clamp: output * (Number(activationMin > -128) + Number(activationMax < 127)) }
    }
    default:
      return work
  }
}
