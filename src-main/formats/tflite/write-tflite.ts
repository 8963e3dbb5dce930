// IR -> .tflite, schema version 3: float32 and int8 graphs as any TFLite runtime loads them.

import { Builder, type Offset } from 'flatbuffers'
import { DTYPE_BYTES, type Graph, type Op, type Quantization, type Tensor } from '../../ir/graph.ts'
import { tensorAt } from '../../ir/tensor-access.ts'
import { builtinCode, PLACEHOLDER_CODE } from './builtin-ops.ts'
import { withExplicitBias } from './explicit-bias.ts'
import { attributeOperands, OP_MAP, optionValues, vectorOption } from './op-map.ts'
import {
  BUFFER,
  BUFFER_ALIGNMENT,
  BUFFER_FIELDS,
  FILE_IDENTIFIER,
  METADATA,
  METADATA_FIELDS,
  MODEL,
  MODEL_FIELDS,
  OPERATOR,
  OPERATOR_CODE,
  OPERATOR_CODE_FIELDS,
  OPERATOR_FIELDS,
  QUANTIZATION,
  QUANTIZATION_FIELDS,
  SCHEMA_VERSION,
  SUBGRAPH,
  SUBGRAPH_FIELDS,
  TENSOR,
  TENSOR_FIELDS,
  tensorTypeCode,
} from './schema.ts'

const DESCRIPTION = 'Written by Thimble'
const RUNTIME_VERSION_BYTES = 16

/** The same graph gives the same bytes. Reading them back gives the same graph, each CONV_2D with a bias. */
export function writeTflite(model: Graph): Uint8Array {
  const graph = withExplicitBias(model)
  const tensors = [...graph.tensors]
  const operands = graph.ops.map((op) => fileOperands(graph, op, tensors))
  const builder = new Builder(1024 + tensors.reduce((sum, tensor) => sum + (tensor.data?.byteLength ?? 0), 0))

  // buffer 0 is empty by convention: the tensors that are computed use it
  const buffers = [writeBuffer(builder, new Uint8Array(0))]
  const tensorOffsets = tensors.map((tensor) => {
    if (tensor.data === undefined) return writeTensor(builder, tensor, 0)
    buffers.push(writeBuffer(builder, bytesOf(tensor.data)))
    return writeTensor(builder, tensor, buffers.length - 1)
  })
  const codes = operatorCodes(graph)
  const operators = graph.ops.map((op, i) => writeOperator(builder, graph, op, operands[i]!, codes))
  const subgraph = writeSubgraph(builder, graph, tensorOffsets, operators)
  const codeOffsets = codes.map((code) => writeOperatorCode(builder, code))
  buffers.push(writeBuffer(builder, runtimeVersion(graph)))
  const metadata = writeMetadata(builder, 'min_runtime_version', buffers.length - 1)
  const description = builder.createString(DESCRIPTION)
  const vectors = {
    operatorCodes: offsetVector(builder, codeOffsets),
    subgraphs: offsetVector(builder, [subgraph]),
    buffers: offsetVector(builder, buffers),
    metadata: offsetVector(builder, [metadata]),
  }

  builder.startObject(MODEL_FIELDS)
  builder.addFieldInt32(MODEL.version, SCHEMA_VERSION, 0)
  builder.addFieldOffset(MODEL.operatorCodes, vectors.operatorCodes, 0)
  builder.addFieldOffset(MODEL.subgraphs, vectors.subgraphs, 0)
  builder.addFieldOffset(MODEL.description, description, 0)
  builder.addFieldOffset(MODEL.buffers, vectors.buffers, 0)
  builder.addFieldOffset(MODEL.metadata, vectors.metadata, 0)
  builder.finish(builder.endObject(), FILE_IDENTIFIER)
  return builder.asUint8Array().slice()
}

/** An op's inputs in the file: its own, and among them constants that store its attributes, which are added to `tensors`. */
function fileOperands(graph: Graph, op: Op, tensors: Tensor[]): number[] {
  const outputs = op.outputs.map((id) => tensorAt(graph, id))
  const attributes = attributeOperands(
    op,
    outputs.map(({ shape }) => shape),
  )
  const order = OP_MAP[op.kind].operands ?? [...op.inputs.keys()]
  return order.flatMap((operand) => {
    if (typeof operand === 'number') return op.inputs[operand] ?? []
    const { shape, values } = attributes[operand]!
    const name = `${outputs[0]!.name}/${operand}`
    return tensors.push({ name, shape, dtype: 'int32', data: Int32Array.from(values) }) - 1
  })
}

interface OpVersion {
  kind: Op['kind']
  version: number
}

const versionOf = (graph: Graph, op: Op): OpVersion => {
  const int8 = [...op.inputs, ...op.outputs].some((id) => tensorAt(graph, id).dtype === 'int8')
  return { kind: op.kind, version: OP_MAP[op.kind].versions[int8 ? 1 : 0] }
}

const sameCode = (a: OpVersion, b: OpVersion) => a.kind === b.kind && a.version === b.version

function operatorCodes(graph: Graph): OpVersion[] {
  const codes: OpVersion[] = []
  for (const op of graph.ops) {
    const code = versionOf(graph, op)
    if (!codes.some((other) => sameCode(other, code))) codes.push(code)
  }
  return codes
}

/** The newest of the runtimes that the ops ask for, zero-padded as converters write it. */
function runtimeVersion(graph: Graph): Uint8Array {
  const order = (version: string) => version.split('.').reduce((sum, part) => sum * 1000 + Number(part), 0)
  const versions = graph.ops.map((op) => OP_MAP[op.kind].versions[2])
  const newest = versions.sort((a, b) => order(b) - order(a))[0] ?? '1.5.0'
  const bytes = new Uint8Array(RUNTIME_VERSION_BYTES)
  new TextEncoder().encodeInto(newest, bytes)
  return bytes
}

function writeOperatorCode(builder: Builder, { kind, version }: OpVersion): Offset {
  const code = builtinCode(kind)
  builder.startObject(OPERATOR_CODE_FIELDS)
  builder.addFieldInt8(OPERATOR_CODE.deprecatedBuiltinCode, Math.min(code, PLACEHOLDER_CODE), 0)
  builder.addFieldInt32(OPERATOR_CODE.version, version, 1)
  builder.addFieldInt32(OPERATOR_CODE.builtinCode, code, 0)
  return builder.endObject()
}

function writeBuffer(builder: Builder, bytes: Uint8Array): Offset {
  let data: Offset = 0
  if (bytes.length > 0) {
    builder.prep(BUFFER_ALIGNMENT, bytes.length)
    data = builder.createByteVector(bytes)
  }
  builder.startObject(BUFFER_FIELDS)
  builder.addFieldOffset(BUFFER.data, data, 0)
  return builder.endObject()
}

function writeTensor(builder: Builder, tensor: Tensor, buffer: number): Offset {
  const name = builder.createString(tensor.name)
  const shape = int32Vector(builder, tensor.shape)
  const quantization = tensor.quantization === undefined ? 0 : writeQuantization(builder, tensor.quantization)
  builder.startObject(TENSOR_FIELDS)
  builder.addFieldOffset(TENSOR.shape, shape, 0)
  builder.addFieldInt8(TENSOR.type, tensorTypeCode(tensor.dtype), 0)
  builder.addFieldInt32(TENSOR.buffer, buffer, 0)
  builder.addFieldOffset(TENSOR.name, name, 0)
  builder.addFieldOffset(TENSOR.quantization, quantization, 0)
  builder.addFieldInt8(TENSOR.hasRank, 1, 0)
  return builder.endObject()
}

function writeQuantization(builder: Builder, { scale, zeroPoint, axis }: Quantization): Offset {
  const scales = vector(builder, 4, scale, (value) => builder.addFloat32(value))
  const zeroPoints = vector(builder, 8, zeroPoint, (value) => builder.addInt64(BigInt(value)))
  builder.startObject(QUANTIZATION_FIELDS)
  builder.addFieldOffset(QUANTIZATION.scale, scales, 0)
  builder.addFieldOffset(QUANTIZATION.zeroPoint, zeroPoints, 0)
  builder.addFieldInt32(QUANTIZATION.dimension, axis, 0)
  return builder.endObject()
}

function writeOperator(
  builder: Builder,
  graph: Graph,
  op: Op,
  operands: readonly number[],
  codes: readonly OpVersion[],
): Offset {
  const { optionsType } = OP_MAP[op.kind]
  const options = optionsType === 0 ? 0 : writeOptions(builder, graph, op)
  const inputs = int32Vector(builder, operands)
  const outputs = int32Vector(builder, op.outputs)
  const code = versionOf(graph, op)
  builder.startObject(OPERATOR_FIELDS)
  builder.addFieldInt32(
    OPERATOR.opcodeIndex,
    codes.findIndex((other) => sameCode(other, code)),
    0,
  )
  builder.addFieldOffset(OPERATOR.inputs, inputs, 0)
  builder.addFieldOffset(OPERATOR.outputs, outputs, 0)
  builder.addFieldInt8(OPERATOR.optionsType, optionsType, 0)
  builder.addFieldOffset(OPERATOR.options, options, 0)
  return builder.endObject()
}

function writeOptions(builder: Builder, graph: Graph, op: Op): Offset {
  const { fields, vectorSlot } = OP_MAP[op.kind]
  const values = optionValues(op)
  const vectorValues = vectorOption(op, tensorAt(graph, op.outputs[0]).shape)
  const vector = vectorValues === undefined ? 0 : int32Vector(builder, vectorValues)
  const slots = Object.values(fields).map(({ slot }) => slot)
  builder.startObject(Math.max(0, ...slots) + 1)
  if (vectorSlot !== undefined) builder.addFieldOffset(vectorSlot, vector, 0)
  for (const [name, { slot, type, fallback = 0 }] of Object.entries(fields)) {
    const value = values[name]!
    if (type === 'int8') builder.addFieldInt8(slot, value, fallback)
    else if (type === 'int32') builder.addFieldInt32(slot, value, fallback)
    else builder.addFieldFloat32(slot, value, fallback)
  }
  return builder.endObject()
}

function writeSubgraph(builder: Builder, graph: Graph, tensors: readonly Offset[], operators: readonly Offset[]) {
  const name = builder.createString(graph.name)
  const vectors = {
    tensors: offsetVector(builder, tensors),
    inputs: int32Vector(builder, graph.inputs),
    outputs: int32Vector(builder, graph.outputs),
    operators: offsetVector(builder, operators),
  }
  builder.startObject(SUBGRAPH_FIELDS)
  builder.addFieldOffset(SUBGRAPH.tensors, vectors.tensors, 0)
  builder.addFieldOffset(SUBGRAPH.inputs, vectors.inputs, 0)
  builder.addFieldOffset(SUBGRAPH.outputs, vectors.outputs, 0)
  builder.addFieldOffset(SUBGRAPH.operators, vectors.operators, 0)
  builder.addFieldOffset(SUBGRAPH.name, name, 0)
  return builder.endObject()
}

function writeMetadata(builder: Builder, name: string, buffer: number): Offset {
  const nameOffset = builder.createString(name)
  builder.startObject(METADATA_FIELDS)
  builder.addFieldOffset(METADATA.name, nameOffset, 0)
  builder.addFieldInt32(METADATA.buffer, buffer, 0)
  return builder.endObject()
}

/** Flatbuffers are written back to front. */
function vector<T>(builder: Builder, size: number, values: readonly T[], add: (value: T) => void): Offset {
  builder.startVector(size, values.length, size)
  for (const value of [...values].reverse()) add(value)
  return builder.endVector()
}

const int32Vector = (builder: Builder, values: readonly number[]) =>
  vector(builder, DTYPE_BYTES.int32, values, (value) => builder.addInt32(value))

const offsetVector = (builder: Builder, offsets: readonly Offset[]) =>
  vector(builder, DTYPE_BYTES.int32, offsets, (offset) => builder.addOffset(offset))

const bytesOf = (data: ArrayBufferView) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
