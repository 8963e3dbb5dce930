// The rules of the IR. Checked after every pass in tests and at the end of every stage in production.

import { AppError } from '../base/errors.ts'
import { elementCount, type DType, type Graph, type Op, type OpKind, type Tensor, type TensorId } from './graph.ts'
import { opRow, takesDtypes } from './op-table.ts'
import { outputChannelAxis } from './quantized-params.ts'
import { sameShape } from './shapes.ts'

/** Throws MODEL_INVALID that says which rules are broken. */
export function checkGraph(graph: Graph): void {
  const problems = graphProblems(graph)
  if (problems.length === 0) return
  const more = problems.length > LISTED ? `; and ${problems.length - LISTED} more` : ''
  throw new AppError('MODEL_INVALID', `${graph.name}: ${problems.slice(0, LISTED).join('; ')}${more}.`, {
    context: { problems: problems.slice(0, 100) },
  })
}

const LISTED = 10

/** Every broken rule, in words: of the references first, then of the tensors, then of the ops that stand on them. */
export function graphProblems(graph: Graph): string[] {
  const dangling = danglingIds(graph)
  if (dangling.length > 0) return dangling
  const unsound = [...graph.tensors.flatMap(tensorProblems), ...orderProblems(graph)]
  if (unsound.length > 0) return unsound
  return [
    ...graph.ops.flatMap((op, index) => opProblems(graph, op).map((problem) => `op ${index} ${op.kind}: ${problem}`)),
  ]
}

function danglingIds(graph: Graph): string[] {
  const unknown = (ids: readonly TensorId[], where: string) =>
    ids
      .filter((id) => !Number.isInteger(id) || id < 0 || id >= graph.tensors.length)
      .map((id) => `${where} names tensor ${id} of ${graph.tensors.length}`)
  return [
    ...unknown(graph.inputs, 'the inputs'),
    ...unknown(graph.outputs, 'the outputs'),
    ...graph.ops.flatMap((op, i) => unknown([...op.inputs, ...op.outputs], `op ${i} ${op.kind}`)),
  ]
}

const DATA_TYPES: Record<DType, string> = {
  float32: 'Float32Array',
  int8: 'Int8Array',
  uint8: 'Uint8Array',
  bool: 'Uint8Array',
  int16: 'Int16Array',
  int32: 'Int32Array',
  int64: 'BigInt64Array',
}

function tensorProblems(tensor: Tensor): string[] {
  const problems: string[] = []
  const say = (problem: string) => problems.push(`tensor ${tensor.name} ${problem}`)
  if (tensor.shape.some((dim) => !Number.isInteger(dim) || dim < 1)) say(`has shape [${tensor.shape.join(', ')}]`)
  const count = elementCount(tensor.shape)
  if (tensor.data !== undefined && tensor.data.length !== count)
    say(`holds ${tensor.data.length} values, its shape ${count}`)
  if (tensor.data !== undefined && tensor.data.constructor.name !== DATA_TYPES[tensor.dtype])
    say(`is ${tensor.dtype} but holds a ${tensor.data.constructor.name}`)

  const q = tensor.quantization
  if (q === undefined) {
    if (tensor.dtype === 'int8') say('is int8 without a scale')
    return problems
  }
  if (q.scale.length !== q.zeroPoint.length || q.scale.length === 0)
    say(`has ${q.scale.length} scales and ${q.zeroPoint.length} zero points`)
  if (q.scale.length > 1 && q.scale.length !== tensor.shape[q.axis])
    say(`has ${q.scale.length} scales along axis ${q.axis} of [${tensor.shape.join(', ')}]`)
  if (q.scale.some((scale) => !Number.isFinite(scale) || scale <= 0 || scale !== Math.fround(scale)))
    say('has a scale that is not a positive float32')
  if (tensor.dtype === 'int8' && q.zeroPoint.some((zero) => !Number.isInteger(zero) || zero < -128 || zero > 127))
    say('has a zero point beyond int8')
  return problems
}

/** Every tensor is written once, before it is read. */
function orderProblems(graph: Graph): string[] {
  const problems: string[] = []
  const known = new Set<TensorId>(graph.inputs)
  graph.tensors.forEach((tensor, id) => {
    if (tensor.data === undefined) return
    if (known.has(id)) problems.push(`input ${tensor.name} is a constant`)
    known.add(id)
  })
  graph.ops.forEach((op, index) => {
    for (const id of op.inputs)
      if (!known.has(id)) problems.push(`op ${index} ${op.kind} reads ${graph.tensors[id]!.name} before it is written`)
    for (const id of op.outputs) {
      if (known.has(id)) problems.push(`op ${index} ${op.kind} overwrites ${graph.tensors[id]!.name}`)
      known.add(id)
    }
  })
  for (const id of graph.outputs)
    if (!known.has(id)) problems.push(`output ${graph.tensors[id]!.name} is never written`)
  return problems
}

function opProblems(graph: Graph, op: Op): string[] {
  const row = opRow(op)
  const [fewest, most] = row.inputs
  const [fewestOutputs, mostOutputs] = row.outputs ?? [1, 1]
  const isCount = op.inputs.length >= fewest && op.inputs.length <= most
  if (!isCount || op.outputs.length < fewestOutputs || op.outputs.length > mostOutputs)
    return [`has ${op.inputs.length} inputs and ${op.outputs.length} outputs`]

  const inputs = op.inputs.map((id) => graph.tensors[id]!)
  const outputs = op.outputs.map((id) => graph.tensors[id]!)
  const dtypes = (tensors: readonly Tensor[]) => tensors.map((tensor) => tensor.dtype)
  if (!takesDtypes(op, dtypes(inputs), dtypes(outputs)))
    return [`does not take ${dtypes(inputs).join(', ')} to ${dtypes(outputs).join(', ')}`]

  const problems: string[] = []
  for (const i of row.constantInputs)
    if (inputs[i] !== undefined && inputs[i].data === undefined) problems.push(`input ${i} has to be a constant`)
  problems.push(...attributeProblems(op))
  if (problems.length > 0) return problems

  const shapes = inputs.map((tensor) => tensor.shape)
  const outputShapes = outputs.map((tensor) => tensor.shape)
  const shapeText = shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')
  for (const shape of outputShapes) {
    const expected = row.shape(op, shapes, shape, outputShapes)
    if (expected === undefined) return [`can't combine ${shapeText}`]
    if (expected.some((dim) => dim < 1)) return [`its window does not fit into ${shapeText}`]
    if (!sameShape(expected, shape))
      return [`gives [${expected.join(', ')}] from ${shapeText}, not [${shape.join(', ')}]`]
  }
  return [
    ...weightProblems(op, inputs),
    ...outputs.flatMap((output) => (output.dtype === 'int8' ? quantizationProblems(op, inputs, output) : [])),
  ]
}

/** Strides, dilations, window sizes and the like are positive integers. */
function attributeProblems(op: Op): string[] {
  const positive: Record<string, number> = {}
  if ('strideH' in op) Object.assign(positive, { strideH: op.strideH, strideW: op.strideW })
  if ('dilationH' in op) Object.assign(positive, { dilationH: op.dilationH, dilationW: op.dilationW })
  if ('filterH' in op) Object.assign(positive, { filterH: op.filterH, filterW: op.filterW })
  if ('multiplier' in op) Object.assign(positive, { multiplier: op.multiplier })
  const problems = Object.entries(positive)
    .filter(([, value]) => !Number.isInteger(value) || value < 1)
    .map(([name, value]) => `${name} is ${value}`)
  if ('alpha' in op && !Number.isFinite(op.alpha)) problems.push(`alpha is ${op.alpha}`)
  if ('beta' in op && !(op.beta > 0 && Number.isFinite(op.beta))) problems.push(`beta is ${op.beta}`)
  return problems
}

function weightProblems(op: Op, [, weights, bias]: readonly Tensor[]): string[] {
  if (op.kind !== 'CONV_2D' && op.kind !== 'DEPTHWISE_CONV_2D' && op.kind !== 'FULLY_CONNECTED') return []
  const axis = outputChannelAxis(op.kind)
  const problems: string[] = []
  if (bias !== undefined && elementCount(bias.shape) !== weights!.shape[axis])
    problems.push(`has ${elementCount(bias.shape)} biases for ${weights!.shape[axis]} channels`)
  const q = weights!.quantization
  if (weights!.dtype !== 'int8' || q === undefined) return problems
  if (q.zeroPoint.some((zero) => zero !== 0)) problems.push('its weights are not symmetric')
  if (q.scale.length > 1 && q.axis !== axis)
    problems.push(`its weights are quantized along axis ${q.axis}, not ${axis}`)
  return problems
}

/** What the integer kernels rely on between an op's input and output. */
function quantizationProblems(op: Op, inputs: readonly Tensor[], output: Tensor): string[] {
  const problems: string[] = []
  const activations = ALL_INPUTS_ARE_ACTIVATIONS.has(op.kind) ? inputs : [inputs[0]!]
  for (const tensor of [...activations, output])
    if (tensor.dtype === 'int8' && tensor.quantization!.scale.length > 1)
      problems.push(`activation ${tensor.name} is quantized per channel`)
  const to = output.quantization!
  if (KEEPS_QUANTIZATION.has(op.kind)) {
    // TFLite's own tolerance; converters differ in the last bits
    const differs = ({ quantization: from }: Tensor) =>
      Math.abs(from!.scale[0]! - to.scale[0]!) > 1e-6 || from!.zeroPoint[0] !== to.zeroPoint[0]
    if (activations.some(differs)) problems.push('its input and output differ in scale or zero point')
  }
  const fixed = FIXED_OUTPUTS[op.kind]
  if (fixed !== undefined && (to.scale[0] !== 1 / fixed.steps || to.zeroPoint[0] !== fixed.zeroPoint))
    problems.push(`its int8 output has to have scale 1/${fixed.steps} and zero point ${fixed.zeroPoint}`)
  return problems
}

/** Ops all of whose inputs are activations like the first. */
const ALL_INPUTS_ARE_ACTIVATIONS: ReadonlySet<OpKind> = new Set([
  ...(['ADD', 'SUB', 'MUL', 'MINIMUM', 'MAXIMUM', 'PRELU', 'CONCATENATION'] as const),
])

/** Ops that pass values on as they are. */
const KEEPS_QUANTIZATION: ReadonlySet<OpKind> = new Set([
  'AVERAGE_POOL_2D',
  'MAX_POOL_2D',
  'MAXIMUM',
  'MINIMUM',
  'PAD',
  'RESHAPE',
  ...(['CONCATENATION', 'SPLIT', 'SPLIT_V', 'SQUEEZE', 'EXPAND_DIMS', 'TRANSPOSE', 'STRIDED_SLICE'] as const),
])

/** Ops whose range is known, with `steps` quanta to 1. Source: TFLite's 8-bit quantization specification. */
const FIXED_OUTPUTS: Partial<Record<OpKind, { steps: number; zeroPoint: number }>> = {
  LOGISTIC: { steps: 256, zeroPoint: -128 },
  SOFTMAX: { steps: 256, zeroPoint: -128 },
  TANH: { steps: 128, zeroPoint: 0 },
}
