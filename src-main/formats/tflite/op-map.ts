// One row an op kind: how TFLite stores its attributes, and which of its inputs are attributes in truth.
// Source: the option tables of the TFLite schema, version 3; op versions from TFLite's op_version table.

import type { Activation, Op, OpKind, Padding, StridedSlice } from '../../ir/graph.ts'
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
  /**
   * What the file's operands are: an input of the IR's op by its number, or an attribute, kept as a constant, by its name.
   * Absent: all of them are inputs in the IR's order.
   */
  operands?: readonly (number | string)[]
  /** the slot of an option that is a vector of int32 */
  vectorSlot?: number
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
  MINIMUM: { optionsType: 39, fields: {}, versions: [1, 2, '1.14.0'] },
  MAXIMUM: { optionsType: 39, fields: {}, versions: [1, 2, '1.14.0'] },
  PRELU: { ...NO_OPTIONS, versions: [1, 1, '1.8.0'] },
  ABS: { optionsType: 78, fields: {}, versions: [1, 2, '2.4.0'] },
  HARD_SWISH: { optionsType: 91, fields: {}, versions: [1, 1, '1.15.0'] },
  LEAKY_RELU: { optionsType: 75, fields: { alpha: at(0, 'float32') }, versions: [1, 1, '1.13.1'] },
  LOGISTIC: { ...NO_OPTIONS, versions: [1, 2, '1.14.0'] },
  TANH: { ...NO_OPTIONS, versions: [1, 2, '1.14.0'] },
  AVERAGE_POOL_2D: pool,
  MAX_POOL_2D: pool,
  MEAN: { optionsType: 27, fields: { keepDims: at(0, 'int8') }, versions: [1, 2, '1.14.0'], operands: [0, 'axes'] },
  SOFTMAX: { optionsType: 9, fields: { beta: at(0, 'float32') }, versions: [1, 2, '1.14.0'] },
  RESHAPE: { optionsType: 17, fields: {}, versions: [1, 1, '1.5.0'], operands: [0, 'shape'], vectorSlot: 0 },
  RELU: { ...NO_OPTIONS, versions: [1, 2, '2.1.0'] },
  RELU6: { ...NO_OPTIONS, versions: [1, 2, '1.14.0'] },
  QUANTIZE: { optionsType: 89, fields: {}, versions: [1, 1, '1.14.0'] },
  DEQUANTIZE: { optionsType: 38, fields: {}, versions: [2, 2, '1.14.0'] },
  PAD: { optionsType: 22, fields: {}, versions: [1, 2, '1.14.0'], operands: [0, 'paddings'] },
  CONCATENATION: {
    optionsType: 10,
    fields: { axis: at(0), activation: at(1, 'int8') },
    versions: [1, 2, '1.14.0'],
  },
  SPLIT: { optionsType: 35, fields: { pieces: at(0) }, versions: [1, 2, '1.14.0'], operands: ['axis', 0] },
  SPLIT_V: { optionsType: 79, fields: { pieces: at(0) }, versions: [1, 2, '2.3.0'], operands: [0, 'sizes', 'axis'] },
  SQUEEZE: { optionsType: 30, fields: {}, versions: [1, 1, '1.6.0'], vectorSlot: 0 },
  EXPAND_DIMS: { optionsType: 52, fields: {}, versions: [1, 1, '1.10.0'], operands: [0, 'axis'] },
  TRANSPOSE: { optionsType: 26, fields: {}, versions: [1, 2, '1.14.0'], operands: [0, 'permutation'] },
  STRIDED_SLICE: {
    optionsType: 32,
    fields: {
      beginMask: at(0),
      endMask: at(1),
      ellipsisMask: at(2),
      newAxisMask: at(3),
      shrinkAxisMask: at(4),
      offset: at(5, 'int8'),
    },
    versions: [1, 2, '1.14.0'],
    operands: [0, 'begin', 'end', 'stride'],
  },
}

/** An attribute of an op as the file's constant operand holds it. */
export interface AttributeOperand {
  shape: readonly number[]
  values: readonly number[]
}

const vector = (values: readonly number[]): AttributeOperand => ({ shape: [values.length], values })

/** The stored options of an op: the inverse of what the reader makes of them. */
export function optionValues(op: Op): OptionValues {
  const derived: Readonly<OptionValues> = derivedOptions(op)
  const values: OptionValues = {}
  for (const name of Object.keys(OP_MAP[op.kind].fields)) {
    const value: unknown = derived[name] ?? (op as unknown as Record<string, unknown>)[name]
    if (name === 'padding') values[name] = PADDINGS.indexOf(value as Padding)
    else if (name === 'activation') values[name] = ACTIVATIONS.indexOf((value ?? 'none') as Activation)
    else values[name] = Number(value ?? 0)
  }
  return values
}

/** Options that the IR has in another form. */
function derivedOptions(op: Op): OptionValues {
  switch (op.kind) {
    case 'SPLIT':
    case 'SPLIT_V':
      return { pieces: op.outputs.length }
    case 'STRIDED_SLICE':
      return {
        endMask: bits(sliceEnds(op).flatMap((end, axis) => (end < 0 ? [axis] : []))),
        shrinkAxisMask: bits(op.shrinkAxes),
      }
    default:
      return {}
  }
}

const bits = (positions: readonly number[]) => positions.reduce((mask, position) => mask | (1 << position), 0)

/** One step behind the last index taken; below 0 where a slice goes back to the first one, which only a mask can say. */
const sliceEnds = ({ begin, size, stride }: StridedSlice) =>
  begin.map((first, axis) => first + (size[axis]! - 1) * stride[axis]! + Math.sign(stride[axis]!))

/** The constant operands that store an op's attributes in the file, by the names that its row has for them. */
export function attributeOperands(
  op: Op,
  outputShapes: readonly (readonly number[])[],
): Record<string, AttributeOperand> {
  switch (op.kind) {
    case 'MEAN':
      return { axes: vector(op.axes) }
    case 'RESHAPE':
      return { shape: vector(outputShapes[0]!) }
    case 'PAD':
      return { paddings: { shape: [op.paddings.length, 2], values: op.paddings.flat() } }
    case 'SPLIT':
      return { axis: { shape: [], values: [op.axis] } }
    case 'SPLIT_V':
      return { sizes: vector(outputShapes.map((shape) => shape[op.axis]!)), axis: { shape: [], values: [op.axis] } }
    case 'EXPAND_DIMS':
      return { axis: { shape: [], values: [op.axis] } }
    case 'TRANSPOSE':
      return { permutation: vector(op.permutation) }
    case 'STRIDED_SLICE':
      return { begin: vector(op.begin), end: vector(sliceEnds(op)), stride: vector(op.stride) }
    default:
      return {}
  }
}

/** The values of an op's vector option. */
export function vectorOption(op: Op, outputShape: readonly number[]): readonly number[] | undefined {
  if (op.kind === 'RESHAPE') return outputShape
  return op.kind === 'SQUEEZE' ? op.axes : undefined
}
