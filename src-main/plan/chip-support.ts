// What the firmware's kernels can't do, found before anything is planned, packed or flashed.

import { AppError } from '../base/errors.ts'
import type { DType, Graph, Op, OpKind } from '../ir/graph.ts'
import { windowGeometry } from '../ir/shapes.ts'
import { tensorAt } from '../ir/tensor-access.ts'

/** Limits of the packed model's layout; pack/layout.ts writes the same numbers into the firmware's header. */
export const CHIP_LIMITS = {
  /** the most dimensions a tensor may have */
  rank: 6,
  /** The largest height, width, stride, dilation or padding: two products of such numbers still fit in int32. */
  extent: 32767,
  /** The widest softmax: each term adds at most 2^19 to an int32 sum. */
  softmaxDepth: 4095,
} as const

/** Ops that move bytes take values of either type. */
const MOVED = [
  ['int8', 'int8'],
  ['float32', 'float32'],
] as const

/** Value types of [input, output] that each op has a kernel for; every other op is int8 to int8. */
const KERNEL_DTYPES: Partial<Record<OpKind, readonly (readonly [DType, DType])[]>> = {
  RESHAPE: MOVED,
  CONCATENATION: MOVED,
  SPLIT: MOVED,
  SPLIT_V: MOVED,
  SQUEEZE: MOVED,
  EXPAND_DIMS: MOVED,
  TRANSPOSE: MOVED,
  STRIDED_SLICE: MOVED,
  QUANTIZE: [
    ['float32', 'int8'],
    ['int8', 'int8'],
  ],
  DEQUANTIZE: [['int8', 'float32']],
}
const INT8_ONLY = [['int8', 'int8']] as const

/** Throws MODEL_DTYPE_UNSUPPORTED or MODEL_OPS_UNSUPPORTED naming every op that the chip can't run. */
export function checkChipSupport(graph: Graph): void {
  const wrongType = graph.ops.flatMap((op, index) => named(index, op, dtypeProblem(graph, op)))
  if (wrongType.length > 0)
    throw new AppError('MODEL_DTYPE_UNSUPPORTED', `The chip runs int8 models. ${list(wrongType)}`, {
      context: { ops: wrongType },
    })
  const beyond = graph.ops.flatMap((op, index) => named(index, op, limitProblem(graph, op)))
  for (const id of [...graph.inputs, ...graph.outputs]) {
    const tensor = tensorAt(graph, id)
    if (tensor.data) beyond.push(`${tensor.name} is a constant, which can't be an input or output`)
    if (tensor.shape.length > CHIP_LIMITS.rank) beyond.push(`${tensor.name} has ${tensor.shape.length} dimensions`)
  }
  if (beyond.length > 0)
    throw new AppError('MODEL_OPS_UNSUPPORTED', `The chip's kernels can't run this model. ${list(beyond)}`, {
      context: { ops: beyond },
    })
}

const named = (index: number, op: Op, problem: string | undefined) =>
  problem === undefined ? [] : [`op ${index} ${op.kind}: ${problem}`]

const LISTED = 20

const list = (problems: readonly string[]) =>
  problems.slice(0, LISTED).join('; ') + (problems.length > LISTED ? `; and ${problems.length - LISTED} more.` : '.')

function dtypeProblem(graph: Graph, op: Op): string | undefined {
  const input = tensorAt(graph, op.inputs[0]).dtype
  const output = tensorAt(graph, op.outputs[0]).dtype
  const allowed = KERNEL_DTYPES[op.kind] ?? INT8_ONLY
  return allowed.some(([from, to]) => from === input && to === output) ? undefined : `${input} to ${output}`
}

function limitProblem(graph: Graph, op: Op): string | undefined {
  const ranks = [...op.inputs, ...op.outputs].map((id) => tensorAt(graph, id).shape.length)
  if (Math.max(...ranks) > CHIP_LIMITS.rank) return `${Math.max(...ranks)} dimensions, ${CHIP_LIMITS.rank} are possible`
  switch (op.kind) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D':
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D': {
      const { batches: _b, inputC: _i, outputC: _o, ...extents } = windowGeometry(graph, op)
      const largest = Math.max(...Object.values(extents))
      return largest > CHIP_LIMITS.extent ? `a size of ${largest}, ${CHIP_LIMITS.extent} is possible` : undefined
    }
    case 'SOFTMAX': {
      const depth = tensorAt(graph, op.inputs[0]).shape.at(-1) ?? 1
      return depth > CHIP_LIMITS.softmaxDepth ? `${depth} values, ${CHIP_LIMITS.softmaxDepth} are possible` : undefined
    }
    default:
      return undefined
  }
}
