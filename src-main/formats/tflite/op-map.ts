// One row an op kind: how TFLite stores its attributes, and which of its inputs are attributes in truth.
// Source: the option tables of the TFLite schema, version 3; op versions from TFLite's op_version table.

import type { Activation, Op, OpKind, Padding } from '../../ir/graph.ts'
import { ACTIVATIONS, PADDINGS } from './schema.ts'

/** An option's slot, storage and default. */
interface OptionField {
  slot: number
  type: 'int8' | 'int32' | 'float32'
  fallback?: number
}

export type OptionValues = Record<string, number>

export interface OpMapRow {
  /** member of union BuiltinOptions; 0 = this op has none */
  optionsType: number
  fields: Record<string, OptionField>
  /** op version for float32 and for int8 graphs, and the first runtime that knows the int8 one */
  versions: readonly [float32: number, int8: number, runtime: string]
  /** operands before this one are tensors; the one at this index, where present, is an attribute kept as a constant */
  attributeOperand?: number
}

const at = (slot: number, type: OptionField['type'] = 'int32', fallback = 0): OptionField => ({ slot, type, fallback })

const pool: OpMapRow = {
  optionsType: 5,
  fields: {
    padding: at(0, 'int8'),
    strideW: at(1),
    strideH: at(2),
    filterW: at(3),
    filterH: at(4),
    activation: at(5, 'int8'),
  },
  versions: [1, 2, '1.14.0'],
}

const NO_OPTIONS = { optionsType: 0, fields: {} } as const

export const OP_MAP: Record<OpKind, OpMapRow> = {
  CONV_2D: {
    optionsType: 1,
    fields: {
      padding: at(0, 'int8'),
      strideW: at(1),
      strideH: at(2),
      activation: at(3, 'int8'),
      dilationW: at(4, 'int32', 1),
      dilationH: at(5, 'int32', 1),
    },
    versions: [1, 3, '1.14.0'],
  },
  DEPTHWISE_CONV_2D: {
    optionsType: 2,
    fields: {
      padding: at(0, 'int8'),
      strideW: at(1),
      strideH: at(2),
      multiplier: at(3),
      activation: at(4, 'int8'),
      dilationW: at(5, 'int32', 1),
      dilationH: at(6, 'int32', 1),
    },
    versions: [2, 3, '1.14.0'],
  },
  FULLY_CONNECTED: {
    optionsType: 8,
    fields: { activation: at(0, 'int8'), weightsFormat: at(1, 'int8'), keepNumDims: at(2, 'int8') },
    versions: [5, 5, '2.0.0'],
  },
  ADD: { optionsType: 11, fields: { activation: at(0, 'int8') }, versions: [1, 2, '1.14.0'] },
  SUB: { optionsType: 28, fields: { activation: at(0, 'int8') }, versions: [1, 2, '1.14.0'] },
  MUL: { optionsType: 21, fields: { activation: at(0, 'int8') }, versions: [1, 2, '1.14.0'] },
  AVERAGE_POOL_2D: pool,
  MAX_POOL_2D: pool,
  MEAN: { optionsType: 27, fields: { keepDims: at(0, 'int8') }, versions: [1, 2, '1.14.0'], attributeOperand: 1 },
  SOFTMAX: { optionsType: 9, fields: { beta: at(0, 'float32') }, versions: [1, 2, '1.14.0'] },
  RESHAPE: { optionsType: 17, fields: {}, versions: [1, 1, '1.5.0'], attributeOperand: 1 },
  RELU: { ...NO_OPTIONS, versions: [1, 2, '2.1.0'] },
  RELU6: { ...NO_OPTIONS, versions: [1, 2, '1.14.0'] },
  QUANTIZE: { optionsType: 89, fields: {}, versions: [1, 1, '1.14.0'] },
  DEQUANTIZE: { optionsType: 38, fields: {}, versions: [2, 2, '1.14.0'] },
  PAD: { optionsType: 22, fields: {}, versions: [1, 2, '1.14.0'], attributeOperand: 1 },
}

/** ReshapeOptions.new_shape, the only option that is a vector. */
export const RESHAPE_NEW_SHAPE_SLOT = 0

/** The stored options of an op: the inverse of what the reader makes of them. */
export function optionValues(op: Op): OptionValues {
  const values: OptionValues = {}
  for (const name of Object.keys(OP_MAP[op.kind].fields)) {
    const value: unknown = (op as unknown as Record<string, unknown>)[name]
    if (name === 'padding') values[name] = PADDINGS.indexOf(value as Padding)
    else if (name === 'activation') values[name] = ACTIVATIONS.indexOf(value as Activation)
    else values[name] = Number(value ?? 0)
  }
  return values
}

/** The constant operand that stores an op's attribute in the file: axes, a shape, or paddings. */
export function attributeOperand(
  op: Op,
  outputShape: readonly number[],
): { suffix: string; shape: number[]; values: number[] } | undefined {
  switch (op.kind) {
    case 'MEAN':
      return { suffix: 'axes', shape: [op.axes.length], values: [...op.axes] }
    case 'RESHAPE':
      return { suffix: 'shape', shape: [outputShape.length], values: [...outputShape] }
    case 'PAD':
      return { suffix: 'paddings', shape: [op.paddings.length, 2], values: op.paddings.flat() }
    default:
      return undefined
  }
}
