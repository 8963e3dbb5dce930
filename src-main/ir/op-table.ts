// One row an op kind: what it takes, what it gives, what it costs. The checker, the reader and the planner read it.

import { elementCount, type DType, type Graph, type Op, type OpKind } from './graph.ts'
import { broadcastShape, sameShape, shape4, windowOutputSize } from './shapes.ts'
import { tensorAt } from './tensor-access.ts'

type Shape = readonly number[]

interface OpRow<O extends Op> {
  /** fewest and most inputs, absent optional ones not counted */
  inputs: readonly [number, number]
  /** fewest and most outputs; absent: one */
  outputs?: readonly [number, number]
  /** [dtype of each input, in order..., dtype of the outputs]; the last input's holds for all that follow */
  dtypes: readonly (readonly DType[])[]
  /** the inputs that have to be constants */
  constantInputs: readonly number[]
  /**
   * The shape that an output has to have, or undefined where the inputs' shapes can't be combined. `output`: the shape it
   * has; `outputs`: those of all outputs of an op that has several.
   */
  shape(op: O, inputs: readonly Shape[], output: Shape, outputs?: readonly Shape[]): Shape | undefined
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

const relu: OpRow<Op> = { ...elementwise, dtypes: FLOAT_OR_INT8, shape: (_, [x]) => x }

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

/** Without the dimensions that `axes` name. */
const without = (shape: Shape, axes: readonly number[]) => shape.filter((_, axis) => !axes.includes(axis))

const isAxis = (axis: number, rank: number) => Number.isInteger(axis) && axis >= 0 && axis < rank

/** 0 <= axis < rank, ascending, none twice. */
const areAxes = (axes: readonly number[], rank: number) =>
  axes.every((axis, i) => isAxis(axis, rank) && axis > (axes[i - 1] ?? -1))

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
  MINIMUM: binary,
  MAXIMUM: binary,
  PRELU: {
    ...binary,
    shape(_, [x = [], slope = []]) {
      const shape = broadcastShape(x, slope)
      return shape && sameShape(shape, x) ? x : undefined
    },
  },
  ABS: relu,
  HARD_SWISH: relu,
  LEAKY_RELU: relu,
  LOGISTIC: relu,
  TANH: relu,
  AVERAGE_POOL_2D: pool,
  MAX_POOL_2D: pool,
  MEAN: {
    ...elementwise,
    dtypes: FLOAT_OR_INT8,
    shape(op, [x = []]) {
      if (!areAxes(op.axes, x.length)) return undefined
      return op.keepDims ? x.map((dim, axis) => (op.axes.includes(axis) ? 1 : dim)) : without(x, op.axes)
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
  CONCATENATION: {
    ...elementwise,
    inputs: [1, Infinity],
    dtypes: FLOAT_OR_INT8,
    shape(op, inputs) {
      const [first = []] = inputs
      const rest = (shape: Shape) => without(shape, [op.axis])
      const alike = inputs.every((shape) => shape.length === first.length && sameShape(rest(shape), rest(first)))
      if (!isAxis(op.axis, first.length) || !alike) return undefined
      return first.with(
        op.axis,
        inputs.reduce((sum, shape) => sum + shape[op.axis]!, 0),
      )
    },
  },
  SPLIT: {
    ...elementwise,
    outputs: [1, Infinity],
    dtypes: FLOAT_OR_INT8,
    shape(op, [x = []]) {
      const dim = isAxis(op.axis, x.length) ? x[op.axis] : undefined
      return dim === undefined || dim % op.outputs.length !== 0 ? undefined : x.with(op.axis, dim / op.outputs.length)
    },
  },
  SPLIT_V: {
    ...elementwise,
    outputs: [1, Infinity],
    dtypes: FLOAT_OR_INT8,
    shape(op, [x = []], output, outputs = [output]) {
      if (!isAxis(op.axis, x.length)) return undefined
      const sum = outputs.reduce((total, shape) => total + (shape[op.axis] ?? 0), 0)
      return sum === x[op.axis] ? x.with(op.axis, output[op.axis] ?? 0) : undefined
    },
  },
  SQUEEZE: {
    ...elementwise,
    dtypes: FLOAT_OR_INT8,
    shape: ({ axes }, [x = []]) =>
      areAxes(axes, x.length) && axes.every((axis) => x[axis] === 1) ? without(x, axes) : undefined,
  },
  EXPAND_DIMS: {
    ...elementwise,
    dtypes: FLOAT_OR_INT8,
    shape: ({ axis }, [x = []]) => (isAxis(axis, x.length + 1) ? x.toSpliced(axis, 0, 1) : undefined),
  },
  TRANSPOSE: {
    ...elementwise,
    dtypes: FLOAT_OR_INT8,
    shape({ permutation }, [x = []]) {
      const sorted = [...permutation].sort((a, b) => a - b)
      return sameShape(sorted, [...x.keys()]) ? permutation.map((axis) => x[axis]!) : undefined
    },
  },
  STRIDED_SLICE: {
    ...elementwise,
    dtypes: FLOAT_OR_INT8,
    shape({ begin, size, stride, shrinkAxes }, [x = []]) {
      const takes = (axis: number) => {
        const [first, count, step] = [begin[axis]!, size[axis]!, stride[axis]!]
        const last = first + (count - 1) * step
        return count >= 1 && step !== 0 && isAxis(first, x[axis]!) && isAxis(last, x[axis]!)
      }
      const whole = [begin, size, stride].every((list) => list.length === x.length) && x.every((_, axis) => takes(axis))
      if (!whole || !areAxes(shrinkAxes, x.length) || shrinkAxes.some((axis) => size[axis] !== 1)) return undefined
      return without(size, shrinkAxes)
    },
  },
}

/** Whether the op computes with values of these types. */
export function takesDtypes(op: Op, inputs: readonly string[], outputs: readonly string[]): boolean {
  return opRow(op).dtypes.some((row) => {
    const [last, given] = [row.length - 2, row.at(-1)]
    return outputs.every((dtype) => dtype === given) && inputs.every((dtype, i) => dtype === row[Math.min(i, last)])
  })
}

/** The table's row for this very op: the one place where the union is narrowed by its kind. */
export const opRow = <O extends Op>(op: O) => OP_TABLE[op.kind] as unknown as OpRow<O>

export function opMacs(graph: Graph, op: Op): number {
  const output = tensorAt(graph, op.outputs[0]).shape
  const weights = op.inputs[1] === undefined ? [] : tensorAt(graph, op.inputs[1]).shape
  return opRow(op).macs(op, output, weights)
}
