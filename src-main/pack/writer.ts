import { createHash } from 'node:crypto'
import { crc32 } from '../base/hash.ts'
import { bytes, type Bytes } from '../base/units.ts'
import { AppError } from '../base/errors.ts'
import type { TensorId } from '../ir/graph.ts'
import { tensorAt } from '../ir/tensor-access.ts'
import type { Plan } from '../plan/plan.ts'
import { createConstantSection } from './constants.ts'
import {
  CONSTANT_SECTION_ALIGNMENT,
  DTYPE_CODES,
  HEADER,
  IO,
  IO_HEAD,
  LAYOUT_VERSION,
  MAGIC,
  MAX_RANK,
  SECTION,
  SECTION_TYPES,
  SIGNATURE,
  TARGET_CORES,
  layoutBytes,
  type Reference,
} from './layout.ts'
import { createCodeSection, generatedRecord } from './generated-records.ts'
import { opRecord } from './op-records.ts'
import { sign, type Signer } from './signature.ts'
import { writeStruct } from './struct.ts'

/** Bytes of flash by what they are for; they add up to `total`, the blob's length. */
export interface FlashBytes {
  /** of generated kernels with biases and multipliers among them */
  weights: Bytes
  biases: Bytes
  /** multipliers, shifts and lookup tables */
  quantization: Bytes
  /** machine code of generated kernels */
  code: Bytes
  /** op records and their lists */
  plan: Bytes
  /** header, section table, input and output tensors, signature, alignment */
  header: Bytes
  total: Bytes
}

export interface PackedModel {
  blob: Uint8Array
  /** 32 hex digits: half of the SHA-256 of what follows the header; the chip reports the same */
  modelId: string
  flashBytes: FlashBytes
}

/**
 * Writes the plan's model as the blob that the firmware runs, signed where somebody signs: the model's id is the same
 * whoever does. Throws ACCUMULATOR_OVERFLOW naming the layer.
 */
export function packModel(plan: Plan, signer?: Signer): PackedModel {
  const { graph, target } = plan
  const placed = new Map(plan.tensors.map(({ id, offset, bytes }) => [id, { offset, bytes }]))
  const constants = createConstantSection()
  const place = (id: TensorId | undefined): Reference => {
    const inArena = id === undefined ? undefined : placed.get(id)
    if (inArena) return inArena
    const { data, name } = tensorAt(graph, id)
    if (data instanceof Int8Array || data instanceof Float32Array) return constants.add('weights', data)
    throw new AppError('MODEL_INVALID', `Tensor ${name} is neither an activation nor a constant of the chip's types.`)
  }
  const code = createCodeSection()
  const records = graph.ops.map((op, index) => {
    const kernel = plan.kernels[index]!
    return kernel.source === 'generated'
      ? generatedRecord({ constants, code, place }, op, index, kernel)
      : opRecord({ graph, constants, place }, op, index)
  })
  const machineCode = code.data()
  const io = Buffer.concat([
    writeStruct(IO_HEAD, { input_count: graph.inputs.length, output_count: graph.outputs.length }),
    ...[...graph.inputs, ...graph.outputs].map((id) => ioTensor(plan, id, place(id))),
  ])
  const sections = [
    { type: SECTION_TYPES.PLAN, data: Buffer.concat(records) },
    { type: SECTION_TYPES.IO, data: io },
    { type: SECTION_TYPES.CNST, data: constants.data() },
    ...(machineCode.length > 0 ? [{ type: SECTION_TYPES.CODE, data: machineCode }] : []),
    ...(signer ? [{ type: SECTION_TYPES.SIGN, data: new Uint8Array(layoutBytes(SIGNATURE)) }] : []),
  ]

  const headerBytes = layoutBytes(HEADER)
  const body = layOut(sections, headerBytes)
  const id = createHash('sha256').update(body).digest().subarray(0, 16)
  const blob = Buffer.concat([
    writeStruct(HEADER, {
      magic: MAGIC,
      version: LAYOUT_VERSION,
      total_bytes: headerBytes + body.length,
      crc32: 0,
      target_core: TARGET_CORES[target.core],
      arena_bytes: plan.arenaBytes,
      op_count: graph.ops.length,
      section_count: sections.length,
      model_id: [0, 4, 8, 12].map((at) => id.readUInt32LE(at)),
    }),
    body,
  ])
  if (signer) sign(blob, signer)
  sealBlob(blob)
  const { weights, biases, quantization, plan: lists } = constants.sizes
  const planBytes = sections[0]!.data.length + lists
  return {
    blob: new Uint8Array(blob.buffer, blob.byteOffset, blob.length),
    modelId: id.toString('hex'),
    flashBytes: {
      weights: bytes(weights),
      biases: bytes(biases),
      quantization: bytes(quantization),
      code: bytes(machineCode.length),
      plan: bytes(planBytes),
      header: bytes(blob.length - machineCode.length - weights - biases - quantization - planBytes),
      total: bytes(blob.length),
    },
  }
}

const CRC_AT = 12

/** Writes the CRC-32 of everything behind the CRC's own word. */
export function sealBlob(blob: Uint8Array): void {
  new DataView(blob.buffer, blob.byteOffset).setUint32(CRC_AT, crc32(blob.subarray(CRC_AT + 4)), true)
}

/** The section table and the sections behind it, each at its alignment. */
function layOut(sections: readonly { type: number; data: Uint8Array }[], start: number): Buffer {
  const align = (n: number) => Math.ceil(n / CONSTANT_SECTION_ALIGNMENT) * CONSTANT_SECTION_ALIGNMENT
  const table: Uint8Array[] = []
  const parts: Uint8Array[] = []
  let end = start + sections.length * layoutBytes(SECTION)
  for (const { type, data } of sections) {
    const offset = align(end)
    table.push(writeStruct(SECTION, { type, offset, bytes: data.length }))
    parts.push(new Uint8Array(offset - end), data)
    end = offset + data.length
  }
  return Buffer.concat([...table, ...parts])
}

function ioTensor(plan: Plan, id: TensorId, data: Reference): Uint8Array {
  const { dtype, shape, quantization } = tensorAt(plan.graph, id)
  const int8 = dtype === 'int8'
  return writeStruct(IO, {
    data,
    dtype: dtype === 'int8' || dtype === 'int32' ? DTYPE_CODES[dtype] : DTYPE_CODES.float32,
    scale: int8 ? quantization!.scale[0]! : 0,
    zero_point: int8 ? quantization!.zeroPoint[0]! : 0,
    rank: shape.length,
    dims: [...shape, ...new Array<number>(MAX_RANK - shape.length).fill(1)],
  })
}
