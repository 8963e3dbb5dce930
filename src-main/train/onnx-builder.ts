// Writes an ONNX model node by node. Field numbers and enumerations: onnx/onnx.proto (opset 17, IR version 8).

import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/** The name of a value that a node, an input or a constant gives. */
export type Value = string & { readonly onnxValue: unique symbol }

export type AttributeValue = number | { float: number } | readonly number[]
export type Attributes = Readonly<Record<string, AttributeValue>>

export interface OnnxBuilder {
  input(name: string, shape: readonly number[]): Value
  output(value: Value, name: string, shape: readonly number[]): void
  scalar(value: number): Value
  floats(data: Float32Array, shape: readonly number[]): Value
  integers(values: readonly number[]): Value
  node(type: string, inputs: readonly Value[], attributes?: Attributes): Value
  /** a node with several outputs */
  nodes(type: string, inputs: readonly Value[], outputs: number, attributes?: Attributes): Value[]
  /** the model's bytes */
  finish(graphName: string): Uint8Array
}

const IR_VERSION = 8
const OPSET_VERSION = 17
const ELEMENT_TYPE = { float: 1, int64: 7 } as const
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const

const FIELD = {
  model: { irVersion: 1, producerName: 2, graph: 7, opsetImport: 8 },
  opset: { version: 2 },
  graph: { node: 1, name: 2, initializer: 5, input: 11, output: 12 },
  node: { input: 1, output: 2, name: 3, opType: 4, attribute: 5 },
  attribute: { name: 1, float: 2, int: 3, ints: 8, type: 20 },
  tensor: { dims: 1, dataType: 2, name: 8, rawData: 9 },
  valueInfo: { name: 1, type: 2 },
  type: { tensor: 1 },
  tensorType: { elementType: 1, shape: 2 },
  shape: { dim: 1 },
  dim: { value: 1 },
} as const

type Write = (writer: BinaryWriter) => void

const message = (writer: BinaryWriter, field: number, write: Write) => {
  writer.tag(field, WireType.LengthDelimited).fork()
  write(writer)
  writer.join()
}
const text = (writer: BinaryWriter, field: number, value: string) =>
  writer.tag(field, WireType.LengthDelimited).string(value)
const integer = (writer: BinaryWriter, field: number, value: number) => writer.tag(field, WireType.Varint).int64(value)

function writeAttribute(writer: BinaryWriter, name: string, value: AttributeValue): void {
  text(writer, FIELD.attribute.name, name)
  if (typeof value === 'number') {
    integer(writer, FIELD.attribute.int, value)
    integer(writer, FIELD.attribute.type, ATTRIBUTE_TYPE.int)
  } else if ('float' in value) {
    writer.tag(FIELD.attribute.float, WireType.Bit32).float(value.float)
    integer(writer, FIELD.attribute.type, ATTRIBUTE_TYPE.float)
  } else {
    for (const item of value) integer(writer, FIELD.attribute.ints, item)
    integer(writer, FIELD.attribute.type, ATTRIBUTE_TYPE.ints)
  }
}

function writeTensor(
  writer: BinaryWriter,
  name: string,
  shape: readonly number[],
  type: number,
  raw: Uint8Array,
): void {
  for (const dim of shape) integer(writer, FIELD.tensor.dims, dim)
  integer(writer, FIELD.tensor.dataType, type)
  text(writer, FIELD.tensor.name, name)
  writer.tag(FIELD.tensor.rawData, WireType.LengthDelimited).bytes(raw)
}

/** A float tensor's name, type and shape. */
function writeValueInfo(writer: BinaryWriter, name: string, shape: readonly number[]): void {
  text(writer, FIELD.valueInfo.name, name)
  message(writer, FIELD.valueInfo.type, (type) =>
    message(type, FIELD.type.tensor, (tensor) => {
      integer(tensor, FIELD.tensorType.elementType, ELEMENT_TYPE.float)
      message(tensor, FIELD.tensorType.shape, (dims) => {
        for (const dim of shape) message(dims, FIELD.shape.dim, (entry) => integer(entry, FIELD.dim.value, dim))
      })
    }),
  )
}

export function createOnnxBuilder(): OnnxBuilder {
  const body: Write[] = []
  const constants = new Map<string, Value>()
  let count = 0
  const fresh = (prefix: string) => `${prefix}${count++}` as Value

  const constant = (type: number, shape: readonly number[], raw: Uint8Array): Value => {
    const name = fresh('c')
    body.push((w) => message(w, FIELD.graph.initializer, (tensor) => writeTensor(tensor, name, shape, type, raw)))
    return name
  }
  /** the same small constant is written once */
  const shared = (key: string, make: () => Value): Value => {
    const known = constants.get(key)
    if (known !== undefined) return known
    const made = make()
    constants.set(key, made)
    return made
  }
  const rawBytes = (data: Float32Array | BigInt64Array) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

  const nodes = (type: string, inputs: readonly Value[], outputs: number, attributes: Attributes = {}): Value[] => {
    const results = Array.from({ length: outputs }, () => fresh('v'))
    body.push((w) =>
      message(w, FIELD.graph.node, (node) => {
        for (const input of inputs) text(node, FIELD.node.input, input)
        for (const result of results) text(node, FIELD.node.output, result)
        text(node, FIELD.node.name, `${type}_${results[0]}`)
        text(node, FIELD.node.opType, type)
        for (const [name, value] of Object.entries(attributes)) {
          message(node, FIELD.node.attribute, (attribute) => writeAttribute(attribute, name, value))
        }
      }),
    )
    return results
  }
  const node = (type: string, inputs: readonly Value[], attributes?: Attributes) =>
    nodes(type, inputs, 1, attributes)[0]!

  return {
    nodes,
    node,
    input: (name, shape) => {
      body.push((w) => message(w, FIELD.graph.input, (info) => writeValueInfo(info, name, shape)))
      return name as Value
    },
    output: (value, name, shape) => {
      body.push((w) =>
        message(w, FIELD.graph.node, (identity) => {
          text(identity, FIELD.node.input, value)
          text(identity, FIELD.node.output, name)
          text(identity, FIELD.node.name, `Identity_${name}`)
          text(identity, FIELD.node.opType, 'Identity')
        }),
      )
      body.push((w) => message(w, FIELD.graph.output, (info) => writeValueInfo(info, name, shape)))
    },
    scalar: (value) =>
      shared(`scalar ${value}`, () => constant(ELEMENT_TYPE.float, [], rawBytes(Float32Array.of(value)))),
    floats: (data, shape) => constant(ELEMENT_TYPE.float, shape, rawBytes(data)),
    integers: (values) =>
      shared(`integers ${values.join()}`, () =>
        constant(ELEMENT_TYPE.int64, [values.length], rawBytes(BigInt64Array.from(values, BigInt))),
      ),
    finish: (graphName) => {
      const model = new BinaryWriter()
      integer(model, FIELD.model.irVersion, IR_VERSION)
      text(model, FIELD.model.producerName, 'Thimble')
      message(model, FIELD.model.graph, (graph) => {
        text(graph, FIELD.graph.name, graphName)
        for (const write of body) write(graph)
      })
      message(model, FIELD.model.opsetImport, (opset) => integer(opset, FIELD.opset.version, OPSET_VERSION))
      return model.finish()
    },
  }
}
