// One row an op kind: what it takes, what it gives, what it costs. The checker, the reader and the planner read it.

import { elementCount, type DType, type Graph, type Op, type OpKind } from './graph.ts'
import { broadcastShape, shape4, windowOutputSize } from './shapes.ts'
import { tensorAt } from './tensor-access.ts'

interface OpRow<O extends Op> {
  /** fewest and most inputs, absent optional ones not counted */
  inputs: readonly [number, number]
  /** [dtype of each input, in order..., dtype of the output] */
  dtypes: readonly (readonly DType[])[]
  /** the inputs that have to be constants */
  constantInputs: readonly number[]
  /** the output's shape, or undefined where the inputs' shapes can't be combined */
  shape(op: O, inputs: readonly (readonly number[])[], output: readonly number[]): readonly number[] | undefined
  /** multiply-accumulates of one inference, padding included, as MLPerf Tiny and TFLM count them */
  macs(op: O, output: readonly number[], weights: readonly number[]): number
}

/** The member of the union whose kind may be K (a Pool2D stands for two kinds). */
type OpOf<K extends OpKind, O = Op> = O extends { kind: infer Kinds } ? (K extends Kinds ? O : never) : never

type OpTable = { [K in OpKind]: OpRow<OpOf<K>> }

const FLOAT_OR_INT8: OpRow<Op>['dtypes'] = [
  ['float32', 'float32'],
  ['int8', 'int8'],
]
const WEIGHTED: OpRow<Op>['dtypes'] = [
  ['float32', 'float32', 'float32', 'float32'],
  ['int8', 'int8', 'int32', 'int8'],
]

const none = () => 0

type Windowed = Extract<Op, { padding: unknown }>

/** [n, oh, ow] of a window that slides over NHWC. */
function windowed(
  op: Windowed,
  input: readonly number[],
  filterH: number,
  filterW: number,
  dilation: [number, number],
) {
  if (input.length !== 4) return undefined
  const [n, h, w] = shape4(input)
  return [
    n,
    windowOutputSize(op.padding, h, filterH, op.strideH, dilation[0]),
    windowOutputSize(op.padding, w, filterW, op.strideW, dilation[1]),
  ]
}

const pool: OpTable['MAX_POOL_2D'] = {
  inputs: [1, 1],
  dtypes: FLOAT_OR_INT8,
  constantInputs: [],
  shape(op, [x = []]) {
    const grid = windowed(op, x, op.filterH, op.filterW, [1, 1])
    return grid && [...grid, x[3]!]
  },
  macs: none,
}

const elementwise = { inputs: [1, 1], constantInputs: [], macs: none } as const

const relu: OpTable['RELU'] = { ...elementwise, dtypes: FLOAT_OR_INT8, shape: (_, [x]) => x }

/** Two tensors of one type, broadcast against each other. */
const binary: OpRow<Op> = {
  inputs: [2, 2],
  dtypes: [
    ['float32', 'float32', 'float32'],
    ['int8', 'int8', 'int8'],
  ],
  constantInputs: [],
  shape: (_, [a = [], b = []]) => broadcastShape(a, b),
  macs: none,
}

const OP_TABLE: OpTable = {
  CONV_2D: {
    inputs: [2, 3],
    dtypes: WEIGHTED,
    constantInputs: [1, 2],
    shape(op, [x = [], weights = []]) {
      const [outC, kh, kw, inC] = shape4(weights)
      if (weights.length !== 4 || x[3] !== inC) return undefined
      const grid = windowed(op, x, kh, kw, [op.dilationH, op.dilationW])
      return grid && [...grid, outC]
    },
    macs: (_, output, [, kh = 0, kw = 0, inC = 0]) => elementCount(output) * kh * kw * inC,
  },
  DEPTHWISE_CONV_2D: {
    inputs: [2, 3],
    dtypes: WEIGHTED,
    constantInputs: [1, 2],
    shape(op, [x = [], weights = []]) {
      const [one, kh, kw, outC] = shape4(weights)
      if (weights.length !== 4 || one !== 1 || x[3] === undefined || x[3] * op.multiplier !== outC) return undefined
      const grid = windowed(op, x, kh, kw, [op.dilationH, op.dilationW])
      return grid && [...grid, outC]
    },
    macs: (_, output, [, kh = 0, kw = 0]) => elementCount(output) * kh * kw,
  },
  FULLY_CONNECTED: {
    inputs: [2, 3],
    dtypes: WEIGHTED,
    constantInputs: [1, 2],
    shape(op, [x = [], weights = []]) {
      const [outputs = 0, inputs = 0] = weights
      if (weights.length !== 2 || elementCount(x) % inputs !== 0) return undefined
      if (!op.keepNumDims) return [elementCount(x) / inputs, outputs]
      return x.at(-1) === inputs ? [...x.slice(0, -1), outputs] : undefined
    },
    macs: (_, output, [, inputs = 0]) => elementCount(output) * inputs,
  },
  ADD: binary,
  SUB: binary,
  MUL: binary,
  AVERAGE_POOL_2D: pool,
  MAX_POOL_2D: pool,
  MEAN: {
    ...elementwise,
    dtypes: FLOAT_OR_INT8,
    shape(op, [x = []]) {
      if (op.axes.some((axis, i) => axis < 0 || axis >= x.length || axis <= (op.axes[i - 1] ?? -1))) return undefined
      return op.keepDims
        ? x.map((dim, axis) => (op.axes.includes(axis) ? 1 : dim))
        : x.filter((_, axis) => !op.axes.includes(axis))
    },
  },
  SOFTMAX: { ...elementwise, dtypes: FLOAT_OR_INT8, shape: (_, [x]) => (x?.length === 0 ? undefined : x) },
  RESHAPE: {
    ...elementwise,
    dtypes: FLOAT_OR_INT8,
    shape: (_, [x = []], output) => (elementCount(x) === elementCount(output) ? output : undefined),
  },
  RELU: relu,
  RELU6: relu,
  QUANTIZE: {
    ...elementwise,
    dtypes: [
      ['float32', 'int8'],
      ['int8', 'int8'],
    ],
    shape: (_, [x]) => x,
  },
  DEQUANTIZE: { ...elementwise, dtypes: [['int8', 'float32']], shape: (_, [x]) => x },
  PAD: {
    ...elementwise,
    dtypes: FLOAT_OR_INT8,
    shape(op, [x = []]) {
      if (op.paddings.length !== x.length || op.paddings.some(([before, after]) => before < 0 || after < 0))
        return undefined
      return x.map((dim, axis) => dim + op.paddings[axis]![0] + op.paddings[axis]![1])
    },
  },
}

/** The table's row for this very op: the one place where the union is narrowed by its kind. */
export const opRow = <O extends Op>(op: O) => OP_TABLE[op.kind] as unknown as OpRow<O>

export function opMacs(graph: Graph, op: Op): number {
  const output = tensorAt(graph, op.outputs[0]).shape
  const weights = op.inputs[1] === undefined ? [] : tensorAt(graph, op.inputs[1]).shape
  return opRow(op).macs(op, output, weights)
}
