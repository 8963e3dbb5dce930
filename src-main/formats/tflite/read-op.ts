// One TFLite operator -> one IR op.

import type { Activation, Op, OpKind, Padding, Quantization, TensorId } from '../../ir/graph.ts'
import { elementCount } from '../../ir/graph.ts'
import { normalAxes } from './axes.ts'
import { corrupt, type FlatTable } from './flat-table.ts'
import { OP_MAP, type OptionValues } from './op-map.ts'
import { readMoveOp, type MoveKind } from './read-move-op.ts'
import { ACTIVATIONS, PADDINGS, type TENSOR_TYPES } from './schema.ts'

export interface RawTensor {
  name: string
  dtype: (typeof TENSOR_TYPES)[number] | 'sparse' | 'custom-quantized'
  shape: number[]
  buffer: number
  quantization: Quantization | undefined
  /** set where the file holds int8 for what the IR has as float32 */
  storedAsInt8?: Quantization
}

export interface RawOp {
  name: string
  inputs: number[]
  outputs: number[]
  optionsType: number
  options: FlatTable | undefined
}

type ConstantBytes = (tensor: RawTensor) => Uint8Array | undefined

/** The op, or what about it is not supported, in words. */
export function readOp(
  raw: RawOp & { name: OpKind },
  index: number,
  tensors: readonly RawTensor[],
  constantBytes: ConstantBytes,
): ReadResult {
  const kind = raw.name
  const what = `op ${index} ${kind}`
  const row = OP_MAP[kind]
  if (row.optionsType !== raw.optionsType && raw.optionsType !== 0 && row.optionsType !== 0)
    throw corrupt(`${what} has options of type ${raw.optionsType}`)

  const values = optionsOf(raw, kind)
  const order = row.operands ?? [...raw.inputs.keys()]
  const operands: number[] = []
  order.forEach((operand, i) => {
    if (typeof operand === 'number') operands[operand] = raw.inputs[i] ?? -1
  })
  while (operands.at(-1) === -1) operands.pop()
  if (operands.length === 0 || operands.includes(-1)) throw corrupt(`${what} leaves out an input that it needs`)
  if (raw.outputs.length === 0) throw corrupt(`${what} has no outputs`)

  const activation = ACTIVATIONS[values.activation ?? 0]
  if (activation === undefined) throw corrupt(`${what} has fused activation ${values.activation}`)
  if (activation === 'TANH' || activation === 'SIGN_BIT') return { unsupported: `${kind} with fused ${activation}` }
  const padding = PADDINGS[values.padding ?? 0]
  if (padding === undefined) throw corrupt(`${what} has padding ${values.padding}`)

  const attribute = (name: string): number[] | undefined => {
    const id = raw.inputs[order.indexOf(name)]
    return id === undefined || id === -1 ? undefined : constantIntegers(tensors[id]!, constantBytes, what)
  }
  const vectorOption = () =>
    row.vectorSlot === undefined ? [] : (raw.options?.int32s(row.vectorSlot, `a list of ${what}`) ?? [])
  const base = { inputs: operands, outputs: raw.outputs }
  return build(kind, base, values, { activation, padding }, { what, tensors, attribute, vectorOption })
}

export interface OpSource {
  what: string
  tensors: readonly RawTensor[]
  /** a constant operand's integers; undefined where it is computed or absent */
  attribute: (name: string) => number[] | undefined
  /** empty where the op has none */
  vectorOption: () => number[]
}

export interface OpBase {
  inputs: TensorId[]
  outputs: TensorId[]
}

export interface OpEnums {
  activation: Activation
  padding: Padding
}

/** Its words name the op and what it asks for. */
export type ReadResult = { op: Op } | { unsupported: string }

function build(kind: OpKind, base: OpBase, values: OptionValues, enums: OpEnums, source: OpSource): ReadResult {
  const { activation, padding } = enums
  const stride = { strideH: values.strideH!, strideW: values.strideW! }
  const input = source.tensors[base.inputs[0]!]!
  switch (kind) {
    case 'CONV_2D':
    case 'DEPTHWISE_CONV_2D': {
      const dilation = { dilationH: values.dilationH!, dilationW: values.dilationW! }
      const common = { ...base, ...stride, ...dilation, padding, activation }
      const weights = base.inputs[1] === undefined ? [] : source.tensors[base.inputs[1]]!.shape
      const [channels, filterChannels] = [input.shape[3] ?? 0, weights[3] ?? 0]
      if (kind === 'DEPTHWISE_CONV_2D')
        // the stored multiplier is ignored by current runtimes, which divide the channels
        return { op: { kind, ...common, multiplier: channels > 0 ? filterChannels / channels : 0 } }
      if (channels !== filterChannels && filterChannels > 0 && channels % filterChannels === 0)
        return { unsupported: 'CONV_2D with groups' }
      return { op: { kind, ...common } }
    }
    case 'FULLY_CONNECTED':
      if (values.weightsFormat !== 0) return { unsupported: 'FULLY_CONNECTED with shuffled weights' }
      return { op: { kind, ...base, activation, keepNumDims: values.keepNumDims !== 0 } }
    case 'ADD':
    case 'SUB':
    case 'MUL':
      return { op: { kind, ...base, activation } }
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      return {
        op: { kind, ...base, ...stride, filterH: values.filterH!, filterW: values.filterW!, padding, activation },
      }
    case 'MEAN': {
      const axes = source.attribute('axes')
      if (axes === undefined) return { unsupported: 'MEAN with computed axes' }
      const rank = input.shape.length
      return { op: { kind, ...base, axes: normalAxes(axes, rank), keepDims: values.keepDims !== 0 } }
    }
    case 'LEAKY_RELU':
      return { op: { kind, ...base, alpha: values.alpha! } }
    case 'SOFTMAX':
      return { op: { kind, ...base, beta: values.beta! } }
    case 'RESHAPE': {
      const wanted = source.attribute('shape') ?? newShape(source)
      const output = source.tensors[base.outputs[0]!]!
      if (wanted !== undefined) output.shape = resolveShape(wanted, input.shape, source.what)
      return { op: { kind, ...base } }
    }
    case 'PAD': {
      const flat = source.attribute('paddings')
      if (flat === undefined) return { unsupported: 'PAD with computed paddings' }
      if (flat.length % 2 !== 0) throw corrupt(`${source.what} has ${flat.length} paddings`)
      const paddings = Array.from({ length: flat.length / 2 }, (_, i) => [flat[2 * i]!, flat[2 * i + 1]!] as const)
      return { op: { kind, ...base, paddings } }
    }
    case 'ABS':
    case 'HARD_SWISH':
    case 'LOGISTIC':
    case 'MAXIMUM':
    case 'MINIMUM':
    case 'PRELU':
    case 'RELU':
    case 'RELU6':
    case 'TANH':
    case 'QUANTIZE':
    case 'DEQUANTIZE':
      return { op: { kind, ...base } }
    default:
      return readMoveOp(kind satisfies MoveKind, base, values, enums, source)
  }
}

function optionsOf(raw: RawOp, kind: OpKind): OptionValues {
  const values: OptionValues = {}
  for (const [name, field] of Object.entries(OP_MAP[kind].fields))
    values[name] = raw.options?.[field.type](field.slot, field.fallback) ?? field.fallback ?? 0
  return values
}

function newShape({ vectorOption }: OpSource): number[] | undefined {
  const shape = vectorOption()
  return shape.length === 0 ? undefined : shape
}

/** One dimension may be -1: it takes what the others leave. */
function resolveShape(wanted: readonly number[], input: readonly number[], what: string): number[] {
  const known = wanted.filter((dim) => dim !== -1)
  const count = elementCount(input)
  const rest = count / elementCount(known)
  const shape = wanted.map((dim) => (dim === -1 ? rest : dim))
  if (wanted.length - known.length > 1 || !Number.isInteger(rest) || elementCount(shape) !== count)
    throw corrupt(`${what} can't make [${wanted.join(', ')}] of [${input.join(', ')}]`)
  return shape
}

/** A constant vector or matrix of int32 or int64, or undefined where it is computed. */
function constantIntegers(tensor: RawTensor, constantBytes: ConstantBytes, what: string): number[] | undefined {
  const bytes = constantBytes(tensor)
  const count = elementCount(tensor.shape)
  if (bytes === undefined) return count === 0 ? [] : undefined
  const size = tensor.dtype === 'int32' ? 4 : tensor.dtype === 'int64' ? 8 : undefined
  if (size === undefined || bytes.length !== count * size || count > 16)
    throw corrupt(`${what} has ${bytes.length} bytes of ${tensor.dtype} for ${count} of its attributes`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return Array.from({ length: count }, (_, i) =>
    size === 4 ? view.getInt32(4 * i, true) : Number(view.getBigInt64(8 * i, true)),
  )
}
