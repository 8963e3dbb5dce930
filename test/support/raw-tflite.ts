// Builds TFLite files that our own writer never would: unsupported ops, custom ops, odd types and options.

import { Builder, type Offset } from 'flatbuffers'

export interface RawFile {
  codes: { builtin: number; custom?: string }[]
  operators: {
    code: number
    inputs: number[]
    outputs: number[]
    optionsType?: number
    int8Options?: number[]
    int32Options?: number[]
  }[]
  tensors: { shape: number[]; type: number; scale?: number; zeroPoint?: number; data?: Uint8Array }[]
  inputs: number[]
  outputs: number[]
}

/** Slots are those of the TFLite schema, version 3. */
export function rawTflite(file: RawFile): Uint8Array {
  const b = new Builder()
  const ints = (values: number[]) => {
    b.startVector(4, values.length, 4)
    for (const value of [...values].reverse()) b.addInt32(value)
    return b.endVector()
  }
  const offsets = (values: Offset[]) => {
    b.startVector(4, values.length, 4)
    for (const value of [...values].reverse()) b.addOffset(value)
    return b.endVector()
  }
  const table = (fields: number, fill: () => void) => {
    b.startObject(fields)
    fill()
    return b.endObject()
  }

  const buffers = [table(1, () => undefined)]
  const tensors = file.tensors.map(({ shape, type, scale, zeroPoint = 0, data }, i) => {
    if (data !== undefined) {
      const bytes = b.createByteVector(data)
      buffers.push(table(1, () => b.addFieldOffset(0, bytes, 0)))
    }
    let quantization: Offset = 0
    if (scale !== undefined) {
      b.startVector(4, 1, 4)
      b.addFloat32(scale)
      const scales = b.endVector()
      b.startVector(8, 1, 8)
      b.addInt64(BigInt(zeroPoint))
      const zeroPoints = b.endVector()
      quantization = table(7, () => {
        b.addFieldOffset(2, scales, 0)
        b.addFieldOffset(3, zeroPoints, 0)
      })
    }
    const [name, dims] = [b.createString(`tensor ${i}`), ints(shape)]
    return table(9, () => {
      b.addFieldOffset(0, dims, 0)
      b.addFieldInt8(1, type, 0)
      b.addFieldInt32(2, data === undefined ? 0 : buffers.length - 1, 0)
      b.addFieldOffset(3, name, 0)
      b.addFieldOffset(4, quantization, 0)
    })
  })
  const codes = file.codes.map(({ builtin, custom }) => {
    const name = custom === undefined ? 0 : b.createString(custom)
    return table(4, () => {
      b.addFieldInt8(0, Math.min(builtin, 127), 0)
      b.addFieldOffset(1, name, 0)
      b.addFieldInt32(3, builtin, 0)
    })
  })
  const operators = file.operators.map((operator) => {
    const { code, inputs, outputs, optionsType = 0, int8Options = [], int32Options = [] } = operator
    const [from, to] = [ints(inputs), ints(outputs)]
    const options = table(Math.max(int8Options.length, int32Options.length), () => {
      int8Options.forEach((value, slot) => b.addFieldInt8(slot, value, 0))
      int32Options.forEach((value, slot) => b.addFieldInt32(slot, value, 0))
    })
    return table(5, () => {
      b.addFieldInt32(0, code, 0)
      b.addFieldOffset(1, from, 0)
      b.addFieldOffset(2, to, 0)
      b.addFieldInt8(3, optionsType, 0)
      b.addFieldOffset(4, optionsType === 0 ? 0 : options, 0)
    })
  })
  const lists = [offsets(tensors), ints(file.inputs), ints(file.outputs), offsets(operators)]
  const subgraph = table(5, () => lists.forEach((list, slot) => b.addFieldOffset(slot, list, 0)))
  const [codeList, subgraphs, bufferList] = [offsets(codes), offsets([subgraph]), offsets(buffers)]
  const model = table(8, () => {
    b.addFieldInt32(0, 3, 0)
    b.addFieldOffset(1, codeList, 0)
    b.addFieldOffset(2, subgraphs, 0)
    b.addFieldOffset(4, bufferList, 0)
  })
  b.finish(model, 'TFL3')
  return b.asUint8Array().slice()
}
