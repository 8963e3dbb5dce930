// .tflite -> IR. Nothing in the file is believed before it is checked, and nothing is fused or reordered.

import { AppError } from '../../base/errors.ts'
import { checkGraph } from '../../ir/check.ts'
import {
  elementCount,
  type DType,
  type Graph,
  type Op,
  type OpKind,
  type Quantization,
  type Tensor,
  type TensorData,
} from '../../ir/graph.ts'
import { opRow, takesDtypes } from '../../ir/op-table.ts'
import { builtinName, CUSTOM_CODE, PLACEHOLDER_CODE } from './builtin-ops.ts'
import { corrupt, FlatBuffer, type FlatTable } from './flat-table.ts'
import { OP_MAP } from './op-map.ts'
import { readOp, type RawOp, type RawTensor } from './read-op.ts'
import {
  BUFFER,
  FILE_IDENTIFIER,
  MODEL,
  OPERATOR,
  OPERATOR_CODE,
  QUANTIZATION,
  SCHEMA_VERSION,
  SUBGRAPH,
  TENSOR,
  TENSOR_TYPES,
} from './schema.ts'

/** No tensor of a model that could ever fit is larger; a size beyond it is damage. */
const MAX_ELEMENTS = 2 ** 28

export const isTflite = (bytes: Uint8Array) =>
  bytes.length >= 8 && new TextDecoder('latin1').decode(bytes.subarray(4, 8)) === FILE_IDENTIFIER

/**
 * Reads the main subgraph. Tensors that no op uses are left out; a dynamic batch becomes 1.
 * Throws MODEL_CORRUPT, MODEL_OPS_UNSUPPORTED (naming all of them), MODEL_DTYPE_UNSUPPORTED or MODEL_INVALID.
 */
export function readTflite(bytes: Uint8Array, name: string): Graph {
  if (bytes.length < 8) throw corrupt(`it is only ${bytes.length} bytes long`)
  if (!isTflite(bytes)) throw corrupt(`the identifier ${FILE_IDENTIFIER} is missing`)
  const file = new FlatBuffer(bytes)
  const model = file.root()
  const version = model.uint32(MODEL.version)
  if (version !== SCHEMA_VERSION) throw corrupt(`its schema version is ${version}, not ${SCHEMA_VERSION}`)

  const subgraph = model.tables(MODEL.subgraphs, 'subgraph')[0]
  if (subgraph === undefined) throw corrupt('it has no subgraph')
  const codes = model.tables(MODEL.operatorCodes, 'operator code').map(opName)
  const raw = subgraph.tables(SUBGRAPH.operators, 'operator').map((table): RawOp => {
    const code = table.uint32(OPERATOR.opcodeIndex)
    const name = codes[code]
    if (name === undefined) throw corrupt(`${table.what} has code ${code} of ${codes.length}`)
    return {
      name,
      inputs: table.int32s(OPERATOR.inputs, `the inputs of ${table.what}`),
      outputs: table.int32s(OPERATOR.outputs, `the outputs of ${table.what}`),
      optionsType: table.int8(OPERATOR.optionsType) & 0xff,
      options: table.table(OPERATOR.options, `the options of ${table.what}`),
    }
  })

  const buffers = model.tables(MODEL.buffers, 'buffer')
  const tensors = subgraph.tables(SUBGRAPH.tensors, 'tensor').map((table) => rawTensor(table))
  checkIds(raw, tensors)
  const constantBytes = (tensor: RawTensor) => bufferBytes(file, buffers, tensor)

  const unsupported = new Map<string, number[]>()
  const ops: Op[] = []
  raw.forEach((rawOp, index) => {
    const result = isSupported(rawOp.name)
      ? readOp(rawOp as RawOp & { name: OpKind }, index, tensors, constantBytes)
      : { unsupported: rawOp.name }
    if ('op' in result) ops.push(result.op)
    else unsupported.set(result.unsupported, [...(unsupported.get(result.unsupported) ?? []), index])
  })
  if (unsupported.size > 0) throw unsupportedOps(name, unsupported)
  widenHybridWeights(ops, tensors)
  checkDtypes(name, ops, tensors)

  const inputs = subgraph.int32s(SUBGRAPH.inputs, 'the inputs')
  const outputs = subgraph.int32s(SUBGRAPH.outputs, 'the outputs')
  const graph = compact(name, tensors, ops, inputs, outputs, (tensor) => toTensor(file, tensor, constantBytes(tensor)))
  checkGraph(graph)
  return graph
}

/** A builtin's name, or CUSTOM and the custom op's own name. */
function opName(table: FlatTable): string {
  const old = table.int8(OPERATOR_CODE.deprecatedBuiltinCode)
  const code = Math.max(old, table.int32(OPERATOR_CODE.builtinCode))
  if (code < 0 || old > PLACEHOLDER_CODE) throw corrupt(`${table.what} is ${code}`)
  if (code !== CUSTOM_CODE) return builtinName(code)
  return `CUSTOM ${table.string(OPERATOR_CODE.customCode, `the name of ${table.what}`) ?? ''}`.trim()
}

const isSupported = (name: string): name is OpKind => Object.hasOwn(OP_MAP, name)

function unsupportedOps(model: string, ops: ReadonlyMap<string, readonly number[]>): AppError {
  const list = [...ops].map(([name, indices]) => ({ name, count: indices.length, indices }))
  const text = list.map(({ name, count, indices }) => `${name} (${count}: op ${indices.join(', ')})`)
  return new AppError('MODEL_OPS_UNSUPPORTED', `${model} uses ops that are not supported: ${text.join('; ')}.`, {
    context: { ops: list },
  })
}

function rawTensor(table: FlatTable): RawTensor {
  const name = table.string(TENSOR.name, `the name of ${table.what}`) ?? table.what
  const type = table.int8(TENSOR.type)
  const dtype = TENSOR_TYPES[type]
  if (dtype === undefined) throw corrupt(`${table.what} ${name} has type ${type}`)
  // -1 is a dimension open until run time; the batch is the only one that the supported ops leave open
  const shape = table.int32s(TENSOR.shape, `the shape of ${name}`).map((dim) => (dim === -1 ? 1 : dim))
  const elements = elementCount(shape)
  if (shape.some((dim) => dim < 0) || elements > MAX_ELEMENTS)
    throw corrupt(`tensor ${name} has shape [${shape.join(', ')}]`)

  const table2 = table.table(TENSOR.quantization, `the quantization of ${name}`)
  const scale = table2?.float32s(QUANTIZATION.scale, `the scales of ${name}`) ?? []
  const zeroPoint = table2?.int64s(QUANTIZATION.zeroPoint, `the zero points of ${name}`).map(Number) ?? []
  if (scale.length > 0 && zeroPoint.length > 1 && zeroPoint.length !== scale.length)
    throw corrupt(`tensor ${name} has ${scale.length} scales and ${zeroPoint.length} zero points`)
  const sparse = table.table(TENSOR.sparsity, `the sparsity of ${name}`) !== undefined
  const custom = (table2?.int8(QUANTIZATION.detailsType) ?? 0) !== 0
  return {
    name,
    dtype: sparse ? 'sparse' : custom ? 'custom-quantized' : dtype,
    shape,
    buffer: table.uint32(TENSOR.buffer),
    quantization:
      scale.length === 0 || table2 === undefined
        ? undefined
        : {
            scale,
            zeroPoint: scale.map((_, i) => zeroPoint[zeroPoint.length === 1 ? 0 : i] ?? 0),
            axis: table2.int32(QUANTIZATION.dimension),
          },
  }
}

/** The bytes behind a constant, or undefined for a tensor that is computed. */
function bufferBytes(file: FlatBuffer, buffers: readonly FlatTable[], tensor: RawTensor): Uint8Array | undefined {
  if (tensor.buffer === 0) return undefined
  const buffer = buffers[tensor.buffer]
  if (buffer === undefined) throw corrupt(`tensor ${tensor.name} uses buffer ${tensor.buffer} of ${buffers.length}`)
  const inside = buffer.vector(BUFFER.data, 1, buffer.what)
  // large models keep their data behind the flatbuffer; an offset of 0 or 1 means that this one does not
  const offset = buffer.uint64(BUFFER.offset)
  const outside = offset > 1n ? { start: Number(offset), length: Number(buffer.uint64(BUFFER.size)) } : undefined
  const vector = outside ?? inside
  if (vector === undefined || vector.length === 0) return undefined
  file.range(vector.start, vector.length, buffer.what)
  return file.bytes.subarray(vector.start, vector.start + vector.length)
}

function checkIds(ops: readonly RawOp[], tensors: readonly RawTensor[]): void {
  ops.forEach((op, index) => {
    for (const id of [...op.inputs.filter((id) => id !== -1), ...op.outputs])
      if (tensors[id] === undefined) throw corrupt(`op ${index} ${op.name} names tensor ${id} of ${tensors.length}`)
  })
}

/**
 * A "dynamic range" model keeps its weights as int8 but computes in float32. The IR has them as the float32 values
 * that they stand for.
 */
function widenHybridWeights(ops: readonly Op[], tensors: RawTensor[]): void {
  for (const op of ops) {
    const [input, weights] = op.inputs.map((id) => tensors[id]!)
    if (!opRow(op).constantInputs.includes(1) || input?.dtype !== 'float32' || weights?.dtype !== 'int8') continue
    const { quantization } = weights
    if (quantization === undefined) throw corrupt(`the int8 weights ${weights.name} have no scale`)
    tensors[op.inputs[1]!] = { ...weights, dtype: 'float32', quantization: undefined, storedAsInt8: quantization }
  }
}

const DTYPE_ADVICE: Record<string, string> = {
  uint8: 'It is of the old uint8 kind: convert it again with int8 as inference type.',
  int16: 'Only int8 activations are supported so far: convert it without 16x8 mode.',
  float16: 'Convert it without float16 weights, as float32 or fully as int8.',
  sparse: 'Convert it without sparse weights.',
}

/** Refuses, all at once, the types that the supported ops come in but not here. */
function checkDtypes(model: string, ops: readonly Op[], tensors: readonly RawTensor[]): void {
  const problems: string[] = []
  const advice = new Set<string>()
  ops.forEach((op, index) => {
    const inputs = op.inputs.map((id) => tensors[id]!.dtype)
    const outputs = op.outputs.map((id) => tensors[id]!.dtype)
    if (takesDtypes(op, inputs, outputs)) return
    problems.push(`op ${index} ${op.kind} takes ${inputs.join(', ')} to ${outputs.join(', ')}`)
    for (const dtype of [...inputs, ...outputs]) if (DTYPE_ADVICE[dtype] !== undefined) advice.add(DTYPE_ADVICE[dtype])
  })
  if (problems.length === 0) return
  const hint = advice.size > 0 ? [...advice].join(' ') : undefined
  throw new AppError('MODEL_DTYPE_UNSUPPORTED', `${model} uses types that are not supported: ${problems.join('; ')}.`, {
    hint,
    context: { problems },
  })
}

function toTensor(file: FlatBuffer, raw: RawTensor, bytes: Uint8Array | undefined): Tensor {
  const dtype = raw.dtype
  if (!isDType(dtype)) throw new AppError('MODEL_DTYPE_UNSUPPORTED', `Tensor ${raw.name} is ${dtype}.`)
  const tensor: Tensor = { name: raw.name, shape: raw.shape, dtype }
  // a float tensor's quantization is a converter's leftover
  if (raw.quantization !== undefined && dtype !== 'float32') tensor.quantization = raw.quantization
  if (bytes !== undefined) {
    file.spend(bytes.length)
    const count = elementCount(raw.shape)
    tensor.data =
      raw.storedAsInt8 === undefined
        ? typedData(raw.name, dtype, count, bytes)
        : dequantized(typedData(raw.name, 'int8', count, bytes) as Int8Array, raw.shape, raw.storedAsInt8)
  }
  return tensor
}

const CONSTANT_TYPES: Record<DType, { new (buffer: ArrayBuffer): TensorData; readonly BYTES_PER_ELEMENT: number }> = {
  float32: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
}

const isDType = (dtype: string): dtype is DType => Object.hasOwn(CONSTANT_TYPES, dtype)

function typedData(name: string, dtype: DType, elements: number, bytes: Uint8Array): TensorData {
  const type = CONSTANT_TYPES[dtype]
  if (bytes.length !== elements * type.BYTES_PER_ELEMENT)
    throw corrupt(`constant ${name} holds ${bytes.length} bytes for ${elements} values of ${dtype}`)
  const copy = new ArrayBuffer(bytes.length)
  new Uint8Array(copy).set(bytes)
  return new type(copy)
}

function dequantized(values: Int8Array, shape: readonly number[], q: Quantization): Float32Array {
  const inner = elementCount(shape.slice(q.axis + 1))
  const channel = (i: number) => (q.scale.length === 1 ? 0 : Math.floor(i / inner) % q.scale.length)
  return Float32Array.from(values, (value, i) => q.scale[channel(i)]! * (value - q.zeroPoint[channel(i)]!))
}

/** Keeps the tensors that are used, in the file's order, and renumbers them. */
function compact(
  name: string,
  raw: readonly RawTensor[],
  ops: readonly Op[],
  inputs: readonly number[],
  outputs: readonly number[],
  convert: (tensor: RawTensor) => Tensor,
): Graph {
  for (const id of [...inputs, ...outputs])
    if (raw[id] === undefined) throw corrupt(`the inputs or outputs name tensor ${id} of ${raw.length}`)
  const used = new Set([...inputs, ...outputs, ...ops.flatMap((op) => [...op.inputs, ...op.outputs])])
  const kept = [...raw.keys()].filter((id) => used.has(id))
  const renumbered = new Map(kept.map((id, i) => [id, i]))
  const renumber = (ids: readonly number[]) => ids.map((id) => renumbered.get(id)!)
  return {
    name,
    tensors: kept.map((id) => convert(raw[id]!)),
    ops: ops.map((op) => ({ ...op, inputs: renumber(op.inputs), outputs: renumber(op.outputs) })),
    inputs: renumber(inputs),
    outputs: renumber(outputs),
  }
}
