// The packed model's layout: the ONE table. The writer, the reader and the firmware's header tm_layout.h come from it.
//
// A blob is little-endian and made of 4-byte words, so that the chip reads every structure in place from flash:
//
//   header | section table | PLAN: one record per op, in order | IO: inputs, then outputs | CNST: weights, biases … | CODE
//   | SIGN
//
// CODE holds the machine code of generated kernels, position-independent Thumb-2 that runs where it lies; a blob without
// generated kernels has no such section. A kernel is called as AAPCS has it: r0 input, r1 output, r2 scratch, r3 constants.
//
// SIGN is who packed the blob, for whoever writes it to a board (signature.ts); the chip looks at its size alone.
//
// A record begins with the fields of OP_HEAD; `record_bytes` leads to the next one. A reference is {offset, bytes}: into
// the CNST section where bit 31 of `offset` is set, else into the arena in RAM.

import type { DType } from '../ir/graph.ts'
import { CHIP_LIMITS } from '../plan/chip-support.ts'

export const MAGIC = 0x4c424d54 // "TMBL"
export const LAYOUT_VERSION = 3
/** set in a reference's offset when it points into the constant section */
export const CONSTANT_BIT = 0x80000000
export const MAX_RANK = CHIP_LIMITS.rank
export const MAX_EXTENT = CHIP_LIMITS.extent
export const MAX_SOFTMAX_DEPTH = CHIP_LIMITS.softmaxDepth
/** Everything that is addressed by a word starts at a multiple of this. */
export const WORD_BYTES = 4
export const CONSTANT_SECTION_ALIGNMENT = 16

export const TARGET_CORES = { 'cortex-m4f': 1, 'cortex-m7': 2 } as const
export const SECTION_TYPES = { PLAN: 1, IO: 2, CNST: 3, CODE: 4, SIGN: 5 } as const
export const DTYPE_CODES = { int8: 1, float32: 2, int32: 3 } as const satisfies Partial<Record<DType, number>>

export type FieldType = 'u32' | 'i32' | 'f32' | 'ref'

export interface Field {
  name: string
  type: FieldType
  /** elements of an array field */
  count?: number
  note?: string
}

export interface Layout {
  /** the struct's name in C */
  name: string
  title: string
  fields: readonly Field[]
}

/** Where bytes live. `offset` has CONSTANT_BIT set for constants. */
export interface Reference {
  offset: number
  bytes: number
}

/** The values of one structure, typed by its table. */
export type Values<L extends Layout> = {
  [F in L['fields'][number] as F['name']]: F['type'] extends 'ref'
    ? Reference
    : F extends { count: number }
      ? readonly number[]
      : number
}

export const HEADER = {
  name: 'tm_header',
  title: 'The first bytes of a blob.',
  fields: [
    { name: 'magic', type: 'u32' },
    { name: 'version', type: 'u32' },
    { name: 'total_bytes', type: 'u32', note: 'of the whole blob, header included' },
    { name: 'crc32', type: 'u32', note: 'of all bytes that follow this word' },
    { name: 'target_core', type: 'u32' },
    { name: 'arena_bytes', type: 'u32', note: 'RAM the model needs' },
    { name: 'op_count', type: 'u32' },
    { name: 'section_count', type: 'u32' },
    { name: 'model_id', type: 'u32', count: 4, note: 'first half of the SHA-256 of all bytes after the header' },
  ],
} as const satisfies Layout

export const SECTION = {
  name: 'tm_section',
  title: 'One entry of the section table, which follows the header.',
  fields: [
    { name: 'type', type: 'u32' },
    { name: 'offset', type: 'u32', note: 'from the start of the blob' },
    { name: 'bytes', type: 'u32' },
  ],
} as const satisfies Layout

export const SIGNATURE = {
  name: 'tm_signature',
  title: 'All of the SIGN section: Ed25519 over the blob with crc32 and signature being zero.',
  fields: [
    { name: 'public_key', type: 'u32', count: 8 },
    { name: 'signature', type: 'u32', count: 16 },
  ],
} as const satisfies Layout

export const IO_HEAD = {
  name: 'tm_io_head',
  title: 'The start of the IO section: so many tm_io follow, inputs first.',
  fields: [
    { name: 'input_count', type: 'u32' },
    { name: 'output_count', type: 'u32' },
  ],
} as const satisfies Layout

export const IO = {
  name: 'tm_io',
  title: 'One input or output tensor: real = scale * (q - zero_point); both are 0 for float32 and int32.',
  fields: [
    { name: 'data', type: 'ref' },
    { name: 'dtype', type: 'u32' },
    { name: 'scale', type: 'f32' },
    { name: 'zero_point', type: 'i32' },
    { name: 'rank', type: 'u32' },
    { name: 'dims', type: 'u32', count: MAX_RANK, note: '1 above the rank' },
  ],
} as const satisfies Layout

const OP_HEAD_FIELDS = [
  { name: 'kind', type: 'u32' },
  { name: 'record_bytes', type: 'u32' },
  { name: 'op_index', type: 'u32', note: "the op's place in the model's graph" },
  { name: 'output', type: 'ref' },
] as const satisfies readonly Field[]

export const OP_HEAD = {
  name: 'tm_op',
  title: 'What every op record begins with.',
  fields: OP_HEAD_FIELDS,
} as const satisfies Layout

const CLAMP_FIELDS = [
  { name: 'activation_min', type: 'i32' },
  { name: 'activation_max', type: 'i32' },
] as const satisfies readonly Field[]

/** int32 biases, Q31 multipliers and int8 shifts: multiplier and shift have one entry, or one per output channel. */
const WEIGHT_FIELDS = [
  { name: 'filter', type: 'ref', note: 'int8' },
  { name: 'bias', type: 'ref', note: 'int32, one per output channel' },
  { name: 'multiplier', type: 'ref', note: 'Q31 int32, one or one per output channel' },
  { name: 'shift', type: 'ref', note: 'int8, as many; positive shifts left' },
] as const satisfies readonly Field[]

const IMAGE_FIELDS = [
  { name: 'batches', type: 'u32' },
  { name: 'input_height', type: 'u32' },
  { name: 'input_width', type: 'u32' },
  { name: 'input_channels', type: 'u32' },
  { name: 'output_height', type: 'u32' },
  { name: 'output_width', type: 'u32' },
] as const satisfies readonly Field[]

const WINDOW_FIELDS = [
  { name: 'filter_height', type: 'u32' },
  { name: 'filter_width', type: 'u32' },
  { name: 'stride_height', type: 'u32' },
  { name: 'stride_width', type: 'u32' },
  { name: 'pad_top', type: 'u32' },
  { name: 'pad_left', type: 'u32' },
] as const satisfies readonly Field[]

const DILATION_FIELDS = [
  { name: 'dilation_height', type: 'u32' },
  { name: 'dilation_width', type: 'u32' },
] as const satisfies readonly Field[]

const CONV_FIELDS = [
  ...OP_HEAD_FIELDS,
  { name: 'input', type: 'ref' },
  ...WEIGHT_FIELDS,
  ...IMAGE_FIELDS,
  { name: 'output_channels', type: 'u32' },
  ...WINDOW_FIELDS,
  ...DILATION_FIELDS,
  { name: 'input_offset', type: 'i32', note: 'minus the zero point of the input' },
  { name: 'output_offset', type: 'i32', note: 'the zero point of the output' },
  ...CLAMP_FIELDS,
] as const satisfies readonly Field[]

/** Two inputs that are walked together; the packer merges dimensions, so tensors of one shape are a single innermost row. */
const BROADCAST_FIELDS = [
  { name: 'input1', type: 'ref' },
  { name: 'input2', type: 'ref' },
  { name: 'dims', type: 'u32', count: MAX_RANK, note: 'of the output, outermost first' },
  { name: 'strides1', type: 'u32', count: MAX_RANK, note: '0 broadcasts along its dimension' },
  { name: 'strides2', type: 'u32', count: MAX_RANK },
] as const satisfies readonly Field[]

const SUM_FIELDS = [
  ...OP_HEAD_FIELDS,
  ...BROADCAST_FIELDS,
  { name: 'input1_offset', type: 'i32' },
  { name: 'input2_offset', type: 'i32' },
  { name: 'output_offset', type: 'i32' },
  { name: 'left_shift', type: 'u32' },
  { name: 'input1_multiplier', type: 'i32' },
  { name: 'input1_shift', type: 'i32' },
  { name: 'input2_multiplier', type: 'i32' },
  { name: 'input2_shift', type: 'i32' },
  { name: 'output_multiplier', type: 'i32' },
  { name: 'output_shift', type: 'i32' },
  ...CLAMP_FIELDS,
] as const satisfies readonly Field[]

const EXTREMUM_FIELDS = [...OP_HEAD_FIELDS, ...BROADCAST_FIELDS] as const satisfies readonly Field[]

const POOL_FIELDS = [
  ...OP_HEAD_FIELDS,
  { name: 'input', type: 'ref' },
  ...IMAGE_FIELDS,
  ...WINDOW_FIELDS,
  ...CLAMP_FIELDS,
] as const satisfies readonly Field[]

export const RECORDS = {
  CONV_2D: {
    name: 'tm_conv_2d',
    title: 'int8 convolution; filter [output channel][height][width][input channel].',
    fields: CONV_FIELDS,
  },
  DEPTHWISE_CONV_2D: {
    name: 'tm_depthwise_conv_2d',
    title:
      'int8 depthwise convolution; filter [height][width][output channel]; output channel / multiplier = input channel.',
    fields: CONV_FIELDS,
  },
  FULLY_CONNECTED: {
    name: 'tm_fully_connected',
    title: 'int8 matrix product; filter [output][input].',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      ...WEIGHT_FIELDS,
      { name: 'batches', type: 'u32' },
      { name: 'input_depth', type: 'u32' },
      { name: 'output_depth', type: 'u32' },
      { name: 'input_offset', type: 'i32', note: 'minus the zero point of the input' },
      { name: 'output_offset', type: 'i32', note: 'the zero point of the output' },
      ...CLAMP_FIELDS,
    ],
  },
  ADD: { name: 'tm_add', title: 'int8 sum of two tensors.', fields: SUM_FIELDS },
  SUB: { name: 'tm_sub', title: 'int8 difference of two tensors.', fields: SUM_FIELDS },
  MUL: {
    name: 'tm_mul',
    title: 'int8 product of two tensors, value by value.',
    fields: [
      ...OP_HEAD_FIELDS,
      ...BROADCAST_FIELDS,
      { name: 'input1_offset', type: 'i32' },
      { name: 'input2_offset', type: 'i32' },
      { name: 'output_offset', type: 'i32' },
      { name: 'output_multiplier', type: 'i32' },
      { name: 'output_shift', type: 'i32' },
      ...CLAMP_FIELDS,
    ],
  },
  MINIMUM: {
    name: 'tm_minimum',
    title: 'The smaller of two int8 values; all tensors have one scale and zero point.',
    fields: EXTREMUM_FIELDS,
  },
  MAXIMUM: { name: 'tm_maximum', title: 'The larger of two int8 values, likewise.', fields: EXTREMUM_FIELDS },
  PRELU: {
    name: 'tm_prelu',
    title: 'int8; input2 is the slope for values of input1 below its zero point.',
    fields: [
      ...OP_HEAD_FIELDS,
      ...BROADCAST_FIELDS,
      { name: 'input1_offset', type: 'i32' },
      { name: 'input2_offset', type: 'i32' },
      { name: 'output_offset', type: 'i32' },
      { name: 'identity_multiplier', type: 'i32', note: 'from the zero point on' },
      { name: 'identity_shift', type: 'i32' },
      { name: 'slope_multiplier', type: 'i32', note: 'of the product with the slope' },
      { name: 'slope_shift', type: 'i32' },
    ],
  },
  LOOKUP: {
    name: 'tm_lookup',
    title: 'int8 function of one value: ABS, HARD_SWISH, LEAKY_RELU, LOGISTIC and TANH.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'table', type: 'ref', note: '256 int8 outputs, of the inputs from -128 on' },
    ],
  },
  AVERAGE_POOL_2D: {
    name: 'tm_average_pool_2d',
    title: 'int8 mean over a window, counting only what lies inside the input.',
    fields: POOL_FIELDS,
  },
  MAX_POOL_2D: { name: 'tm_max_pool_2d', title: 'int8 maximum over a window.', fields: POOL_FIELDS },
  MEAN: {
    name: 'tm_mean',
    title: 'int8 mean over any axes. Neighbouring axes of one sort are merged, so three of each are enough.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'kept_dims', type: 'u32', count: 3, note: 'outermost first, padded in front with 1' },
      { name: 'kept_strides', type: 'u32', count: 3 },
      { name: 'reduced_dims', type: 'u32', count: 3 },
      { name: 'reduced_strides', type: 'u32', count: 3 },
      { name: 'sum_offset', type: 'i32', note: 'minus the zero point of the input, times the values summed' },
      { name: 'output_offset', type: 'i32' },
      { name: 'multiplier', type: 'i32', note: 'holds the division by the values summed' },
      { name: 'shift', type: 'i32' },
      ...CLAMP_FIELDS,
    ],
  },
  SOFTMAX: {
    name: 'tm_softmax',
    title: 'int8 softmax over the last dimension; the output has scale 1/256 and zero point -128.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'rows', type: 'u32' },
      { name: 'depth', type: 'u32' },
      { name: 'input_multiplier', type: 'i32', note: 'Q31; with the shift, beta * scale in Q5.26' },
      { name: 'input_left_shift', type: 'u32' },
      { name: 'diff_min', type: 'i32', note: 'smaller differences from the maximum count as 0' },
    ],
  },
  COPY: {
    name: 'tm_copy',
    title: 'RESHAPE: the same bytes; nothing to do where input and output are one place.',
    fields: [...OP_HEAD_FIELDS, { name: 'input', type: 'ref' }],
  },
  REQUANTIZE: {
    name: 'tm_requantize_op',
    title: 'int8 to int8: RELU, RELU6 and QUANTIZE from another scale.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'input_offset', type: 'i32', note: 'minus the zero point of the input' },
      { name: 'output_offset', type: 'i32' },
      { name: 'multiplier', type: 'i32' },
      { name: 'shift', type: 'i32' },
      ...CLAMP_FIELDS,
    ],
  },
  QUANTIZE: {
    name: 'tm_quantize',
    title: 'float32 to int8.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'scale', type: 'f32' },
      { name: 'zero_point', type: 'i32' },
    ],
  },
  DEQUANTIZE: {
    name: 'tm_dequantize',
    title: 'int8 to float32.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'scale', type: 'f32' },
      { name: 'zero_point', type: 'i32' },
    ],
  },
  PAD: {
    name: 'tm_pad',
    title: 'int8 border of one value around a tensor.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'input_dims', type: 'u32', count: MAX_RANK, note: 'outermost first, padded in front with 1' },
      { name: 'output_dims', type: 'u32', count: MAX_RANK },
      { name: 'before', type: 'u32', count: MAX_RANK, note: 'values in front, along each dimension' },
      { name: 'value', type: 'i32' },
    ],
  },
  MOVE: {
    name: 'tm_move',
    title: 'Bytes copied in strides: CONCATENATION, SPLIT, SPLIT_V, STRIDED_SLICE and TRANSPOSE.',
    fields: [...OP_HEAD_FIELDS, { name: 'parts', type: 'ref', note: 'constant; so many tm_move_part, one at least' }],
  },
  RESIZE: {
    name: 'tm_resize',
    title: 'RESIZE_NEAREST_NEIGHBOR: pixels of any type, copied from the rows and columns that two lists name.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'rows', type: 'ref', note: 'constant; uint16, the row of the input for each of the output' },
      { name: 'columns', type: 'ref', note: 'as much for the columns' },
      { name: 'batches', type: 'u32' },
      { name: 'input_height', type: 'u32' },
      { name: 'input_width', type: 'u32' },
      { name: 'pixel_bytes', type: 'u32' },
    ],
  },
  ARG_MAX: {
    name: 'tm_arg_max',
    title: 'int32 index of the first of the largest int8 values along the middle of three dimensions.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      { name: 'outer', type: 'u32' },
      { name: 'depth', type: 'u32' },
      { name: 'inner', type: 'u32' },
    ],
  },
  TRANSPOSE_CONV: {
    name: 'tm_transpose_conv',
    title:
      'int8 transposed convolution; filter as that of tm_conv_2d. Strides and padding are of the way back; no dilation.',
    fields: CONV_FIELDS,
  },
  GENERATED: {
    name: 'tm_generated',
    title: 'A kernel made for this op.',
    fields: [
      ...OP_HEAD_FIELDS,
      { name: 'input', type: 'ref' },
      {
        name: 'second',
        type: 'ref',
        note: 'scratch in the arena, or the second input; no bytes where there is neither',
      },
      { name: 'constants', type: 'ref', note: 'no bytes where the kernel has none' },
      { name: 'entry', type: 'u32', note: 'offset of the first instruction in CODE' },
    ],
  },
} as const satisfies Record<string, Layout>

/** The lists that records refer to. */
export const MOVE_PART = {
  name: 'tm_move_part',
  title: 'One copy of a tm_move: runs of bytes, dims[0] x … x dims[5] of them. Starts and strides are in bytes.',
  fields: [
    { name: 'output', type: 'ref' },
    { name: 'input', type: 'ref' },
    { name: 'dims', type: 'u32', count: MAX_RANK, note: 'outermost first, padded in front with 1' },
    { name: 'output_strides', type: 'i32', count: MAX_RANK },
    { name: 'input_strides', type: 'i32', count: MAX_RANK },
    { name: 'output_start', type: 'u32' },
    { name: 'input_start', type: 'u32' },
    { name: 'run_bytes', type: 'u32' },
  ],
} as const satisfies Layout

export type RecordKind = keyof typeof RECORDS
/** What a record holds beyond its kind, size and place, which the writer fills in. */
export type RecordValues<K extends RecordKind> = Omit<Values<(typeof RECORDS)[K]>, 'kind' | 'record_bytes' | 'op_index'>

export const RECORD_KINDS: Record<RecordKind, number> = {
  CONV_2D: 1,
  DEPTHWISE_CONV_2D: 2,
  FULLY_CONNECTED: 3,
  ADD: 4,
  AVERAGE_POOL_2D: 5,
  MAX_POOL_2D: 6,
  MEAN: 7,
  SOFTMAX: 8,
  COPY: 9,
  REQUANTIZE: 10,
  QUANTIZE: 11,
  DEQUANTIZE: 12,
  PAD: 13,
  GENERATED: 14,
  SUB: 21,
  MUL: 22,
  MINIMUM: 23,
  MAXIMUM: 24,
  PRELU: 25,
  LOOKUP: 26,
  MOVE: 32,
  RESIZE: 33,
  ARG_MAX: 34,
  TRANSPOSE_CONV: 35,
}

export const layoutBytes = (layout: Layout) =>
  layout.fields.reduce((sum, field: Field) => sum + (field.type === 'ref' ? 8 : 4) * (field.count ?? 1), 0)
