// The parts of the TFLite flatbuffer schema, version 3, that Thimble reads and writes: field slots and enum values.
// Source: schema.fbs of TensorFlow Lite. A slot is the field's position in its table.

import type { Activation, DType, Padding } from '../../ir/graph.ts'

export const FILE_IDENTIFIER = 'TFL3'
export const SCHEMA_VERSION = 3

export const MODEL = { version: 0, operatorCodes: 1, subgraphs: 2, description: 3, buffers: 4, metadata: 6 } as const
export const MODEL_FIELDS = 8
export const OPERATOR_CODE = { deprecatedBuiltinCode: 0, customCode: 1, version: 2, builtinCode: 3 } as const
export const OPERATOR_CODE_FIELDS = 4
export const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3, name: 4 } as const
export const SUBGRAPH_FIELDS = 5
export const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3, quantization: 4, sparsity: 6, hasRank: 8 } as const
export const TENSOR_FIELDS = 9
export const QUANTIZATION = { scale: 2, zeroPoint: 3, detailsType: 4, dimension: 6 } as const
export const QUANTIZATION_FIELDS = 7
export const OPERATOR = { opcodeIndex: 0, inputs: 1, outputs: 2, optionsType: 3, options: 4 } as const
export const OPERATOR_FIELDS = 5
export const BUFFER = { data: 0, offset: 1, size: 2 } as const
export const BUFFER_FIELDS = 1
export const METADATA = { name: 0, buffer: 1 } as const
export const METADATA_FIELDS = 2

/** Constants start on this boundary so that they can be used where they lie. */
export const BUFFER_ALIGNMENT = 16

/** enum TensorType, in order */
export const TENSOR_TYPES = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float64',
  'complex128',
  'uint64',
  'resource',
  'variant',
  'uint32',
  'uint16',
  'int4',
] as const

export const tensorTypeCode = (dtype: DType) => TENSOR_TYPES.indexOf(dtype)

/** enum Padding */
export const PADDINGS: readonly Padding[] = ['same', 'valid']

/** enum ActivationFunctionType; those without an entry in the IR are named in capitals and refused */
export const ACTIVATIONS: readonly (Activation | 'TANH' | 'SIGN_BIT')[] = [
  'none',
  'relu',
  'relu_n1_to_1',
  'relu6',
  'TANH',
  'SIGN_BIT',
]
