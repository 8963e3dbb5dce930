/* Generated from src-main/pack/layout.ts: change the table there; its test, run with vitest -u, writes this file. */

#ifndef TM_LAYOUT_H

#define TM_LAYOUT_H

#include <stdint.h>

/* Limits and marks */
#define TM_MAGIC                      0x4C424D54u /* "TMBL" */
#define TM_LAYOUT_VERSION             3u
#define TM_CONSTANT                   0x80000000u
#define TM_MAX_RANK                   6u
#define TM_MAX_EXTENT                 32767u
#define TM_MAX_SOFTMAX_DEPTH          4095u
#define TM_CONSTANT_SECTION_ALIGNMENT 16u

/* Target cores */
#define TM_CORE_CORTEX_M4F 1u
#define TM_CORE_CORTEX_M7  2u

/* Sections */
#define TM_SECTION_PLAN 1u
#define TM_SECTION_IO   2u
#define TM_SECTION_CNST 3u
#define TM_SECTION_CODE 4u
#define TM_SECTION_SIGN 5u

/* Value types */
#define TM_INT8    1u
#define TM_FLOAT32 2u
#define TM_INT32   3u

/* Op records */
#define TM_OP_CONV_2D           1u
#define TM_OP_DEPTHWISE_CONV_2D 2u
#define TM_OP_FULLY_CONNECTED   3u
#define TM_OP_ADD               4u
#define TM_OP_AVERAGE_POOL_2D   5u
#define TM_OP_MAX_POOL_2D       6u
#define TM_OP_MEAN              7u
#define TM_OP_SOFTMAX           8u
#define TM_OP_COPY              9u
#define TM_OP_REQUANTIZE        10u
#define TM_OP_QUANTIZE          11u
#define TM_OP_DEQUANTIZE        12u
#define TM_OP_PAD               13u
#define TM_OP_GENERATED         14u
#define TM_OP_SUB               21u
#define TM_OP_MUL               22u
#define TM_OP_MINIMUM           23u
#define TM_OP_MAXIMUM           24u
#define TM_OP_PRELU             25u
#define TM_OP_LOOKUP            26u
#define TM_OP_MOVE              32u
#define TM_OP_RESIZE            33u
#define TM_OP_ARG_MAX           34u
#define TM_OP_TRANSPOSE_CONV    35u

/* Where bytes live: in the constant section where TM_CONSTANT is set in the offset, else in the arena. */
typedef struct {
    uint32_t offset;
    uint32_t bytes;
} tm_ref;
_Static_assert(sizeof(tm_ref) == 8, "tm_ref has padding");

/* The first bytes of a blob. */
typedef struct {
    uint32_t magic;
    uint32_t version;
    uint32_t total_bytes; /* of the whole blob, header included */
    uint32_t crc32; /* of all bytes that follow this word */
    uint32_t target_core;
    uint32_t arena_bytes; /* RAM the model needs */
    uint32_t op_count;
    uint32_t section_count;
    uint32_t model_id[4]; /* first half of the SHA-256 of all bytes after the header */
} tm_header;
_Static_assert(sizeof(tm_header) == 48, "tm_header has padding");

/* One entry of the section table, which follows the header. */
typedef struct {
    uint32_t type;
    uint32_t offset; /* from the start of the blob */
    uint32_t bytes;
} tm_section;
_Static_assert(sizeof(tm_section) == 12, "tm_section has padding");

/* All of the SIGN section: Ed25519 over the blob with crc32 and signature being zero. */
typedef struct {
    uint32_t public_key[8];
    uint32_t signature[16];
} tm_signature;
_Static_assert(sizeof(tm_signature) == 96, "tm_signature has padding");

/* The start of the IO section: so many tm_io follow, inputs first. */
typedef struct {
    uint32_t input_count;
    uint32_t output_count;
} tm_io_head;
_Static_assert(sizeof(tm_io_head) == 8, "tm_io_head has padding");

/* One input or output tensor: real = scale * (q - zero_point); both are 0 for float32 and int32. */
typedef struct {
    tm_ref data;
    uint32_t dtype;
    float scale;
    int32_t zero_point;
    uint32_t rank;
    uint32_t dims[6]; /* 1 above the rank */
} tm_io;
_Static_assert(sizeof(tm_io) == 48, "tm_io has padding");

/* What every op record begins with. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
} tm_op;
_Static_assert(sizeof(tm_op) == 20, "tm_op has padding");

/* int8 convolution; filter [output channel][height][width][input channel]. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    tm_ref filter; /* int8 */
    tm_ref bias; /* int32, one per output channel */
    tm_ref multiplier; /* Q31 int32, one or one per output channel */
    tm_ref shift; /* int8, as many; positive shifts left */
    uint32_t batches;
    uint32_t input_height;
    uint32_t input_width;
    uint32_t input_channels;
    uint32_t output_height;
    uint32_t output_width;
    uint32_t output_channels;
    uint32_t filter_height;
    uint32_t filter_width;
    uint32_t stride_height;
    uint32_t stride_width;
    uint32_t pad_top;
    uint32_t pad_left;
    uint32_t dilation_height;
    uint32_t dilation_width;
    int32_t input_offset; /* minus the zero point of the input */
    int32_t output_offset; /* the zero point of the output */
    int32_t activation_min;
    int32_t activation_max;
} tm_conv_2d;
_Static_assert(sizeof(tm_conv_2d) == 136, "tm_conv_2d has padding");

/* int8 depthwise convolution; filter [height][width][output channel]; output channel / multiplier = input channel. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    tm_ref filter; /* int8 */
    tm_ref bias; /* int32, one per output channel */
    tm_ref multiplier; /* Q31 int32, one or one per output channel */
    tm_ref shift; /* int8, as many; positive shifts left */
    uint32_t batches;
    uint32_t input_height;
    uint32_t input_width;
    uint32_t input_channels;
    uint32_t output_height;
    uint32_t output_width;
    uint32_t output_channels;
    uint32_t filter_height;
    uint32_t filter_width;
    uint32_t stride_height;
    uint32_t stride_width;
    uint32_t pad_top;
    uint32_t pad_left;
    uint32_t dilation_height;
    uint32_t dilation_width;
    int32_t input_offset; /* minus the zero point of the input */
    int32_t output_offset; /* the zero point of the output */
    int32_t activation_min;
    int32_t activation_max;
} tm_depthwise_conv_2d;
_Static_assert(sizeof(tm_depthwise_conv_2d) == 136, "tm_depthwise_conv_2d has padding");

/* int8 matrix product; filter [output][input]. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    tm_ref filter; /* int8 */
    tm_ref bias; /* int32, one per output channel */
    tm_ref multiplier; /* Q31 int32, one or one per output channel */
    tm_ref shift; /* int8, as many; positive shifts left */
    uint32_t batches;
    uint32_t input_depth;
    uint32_t output_depth;
    int32_t input_offset; /* minus the zero point of the input */
    int32_t output_offset; /* the zero point of the output */
    int32_t activation_min;
    int32_t activation_max;
} tm_fully_connected;
_Static_assert(sizeof(tm_fully_connected) == 88, "tm_fully_connected has padding");

/* int8 sum of two tensors. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input1;
    tm_ref input2;
    uint32_t dims[6]; /* of the output, outermost first */
    uint32_t strides1[6]; /* 0 broadcasts along its dimension */
    uint32_t strides2[6];
    int32_t input1_offset;
    int32_t input2_offset;
    int32_t output_offset;
    uint32_t left_shift;
    int32_t input1_multiplier;
    int32_t input1_shift;
    int32_t input2_multiplier;
    int32_t input2_shift;
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t activation_min;
    int32_t activation_max;
} tm_add;
_Static_assert(sizeof(tm_add) == 156, "tm_add has padding");

/* int8 difference of two tensors. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input1;
    tm_ref input2;
    uint32_t dims[6]; /* of the output, outermost first */
    uint32_t strides1[6]; /* 0 broadcasts along its dimension */
    uint32_t strides2[6];
    int32_t input1_offset;
    int32_t input2_offset;
    int32_t output_offset;
    uint32_t left_shift;
    int32_t input1_multiplier;
    int32_t input1_shift;
    int32_t input2_multiplier;
    int32_t input2_shift;
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t activation_min;
    int32_t activation_max;
} tm_sub;
_Static_assert(sizeof(tm_sub) == 156, "tm_sub has padding");

/* int8 product of two tensors, value by value. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input1;
    tm_ref input2;
    uint32_t dims[6]; /* of the output, outermost first */
    uint32_t strides1[6]; /* 0 broadcasts along its dimension */
    uint32_t strides2[6];
    int32_t input1_offset;
    int32_t input2_offset;
    int32_t output_offset;
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t activation_min;
    int32_t activation_max;
} tm_mul;
_Static_assert(sizeof(tm_mul) == 136, "tm_mul has padding");

/* The smaller of two int8 values; all tensors have one scale and zero point. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input1;
    tm_ref input2;
    uint32_t dims[6]; /* of the output, outermost first */
    uint32_t strides1[6]; /* 0 broadcasts along its dimension */
    uint32_t strides2[6];
} tm_minimum;
_Static_assert(sizeof(tm_minimum) == 108, "tm_minimum has padding");

/* The larger of two int8 values, likewise. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input1;
    tm_ref input2;
    uint32_t dims[6]; /* of the output, outermost first */
    uint32_t strides1[6]; /* 0 broadcasts along its dimension */
    uint32_t strides2[6];
} tm_maximum;
_Static_assert(sizeof(tm_maximum) == 108, "tm_maximum has padding");

/* int8; input2 is the slope for values of input1 below its zero point. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input1;
    tm_ref input2;
    uint32_t dims[6]; /* of the output, outermost first */
    uint32_t strides1[6]; /* 0 broadcasts along its dimension */
    uint32_t strides2[6];
    int32_t input1_offset;
    int32_t input2_offset;
    int32_t output_offset;
    int32_t identity_multiplier; /* from the zero point on */
    int32_t identity_shift;
    int32_t slope_multiplier; /* of the product with the slope */
    int32_t slope_shift;
} tm_prelu;
_Static_assert(sizeof(tm_prelu) == 136, "tm_prelu has padding");

/* int8 function of one value: ABS, HARD_SWISH, LEAKY_RELU, LOGISTIC and TANH. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    tm_ref table; /* 256 int8 outputs, of the inputs from -128 on */
} tm_lookup;
_Static_assert(sizeof(tm_lookup) == 36, "tm_lookup has padding");

/* int8 mean over a window, counting only what lies inside the input. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    uint32_t batches;
    uint32_t input_height;
    uint32_t input_width;
    uint32_t input_channels;
    uint32_t output_height;
    uint32_t output_width;
    uint32_t filter_height;
    uint32_t filter_width;
    uint32_t stride_height;
    uint32_t stride_width;
    uint32_t pad_top;
    uint32_t pad_left;
    int32_t activation_min;
    int32_t activation_max;
} tm_average_pool_2d;
_Static_assert(sizeof(tm_average_pool_2d) == 84, "tm_average_pool_2d has padding");

/* int8 maximum over a window. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    uint32_t batches;
    uint32_t input_height;
    uint32_t input_width;
    uint32_t input_channels;
    uint32_t output_height;
    uint32_t output_width;
    uint32_t filter_height;
    uint32_t filter_width;
    uint32_t stride_height;
    uint32_t stride_width;
    uint32_t pad_top;
    uint32_t pad_left;
    int32_t activation_min;
    int32_t activation_max;
} tm_max_pool_2d;
_Static_assert(sizeof(tm_max_pool_2d) == 84, "tm_max_pool_2d has padding");

/* int8 mean over any axes. Neighbouring axes of one sort are merged, so three of each are enough. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    uint32_t kept_dims[3]; /* outermost first, padded in front with 1 */
    uint32_t kept_strides[3];
    uint32_t reduced_dims[3];
    uint32_t reduced_strides[3];
    int32_t sum_offset; /* minus the zero point of the input, times the values summed */
    int32_t output_offset;
    int32_t multiplier; /* holds the division by the values summed */
    int32_t shift;
    int32_t activation_min;
    int32_t activation_max;
} tm_mean;
_Static_assert(sizeof(tm_mean) == 100, "tm_mean has padding");

/* int8 softmax over the last dimension; the output has scale 1/256 and zero point -128. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    uint32_t rows;
    uint32_t depth;
    int32_t input_multiplier; /* Q31; with the shift, beta * scale in Q5.26 */
    uint32_t input_left_shift;
    int32_t diff_min; /* smaller differences from the maximum count as 0 */
} tm_softmax;
_Static_assert(sizeof(tm_softmax) == 48, "tm_softmax has padding");

/* RESHAPE: the same bytes; nothing to do where input and output are one place. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
} tm_copy;
_Static_assert(sizeof(tm_copy) == 28, "tm_copy has padding");

/* int8 to int8: RELU, RELU6 and QUANTIZE from another scale. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    int32_t input_offset; /* minus the zero point of the input */
    int32_t output_offset;
    int32_t multiplier;
    int32_t shift;
    int32_t activation_min;
    int32_t activation_max;
} tm_requantize_op;
_Static_assert(sizeof(tm_requantize_op) == 52, "tm_requantize_op has padding");

/* float32 to int8. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    float scale;
    int32_t zero_point;
} tm_quantize;
_Static_assert(sizeof(tm_quantize) == 36, "tm_quantize has padding");

/* int8 to float32. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    float scale;
    int32_t zero_point;
} tm_dequantize;
_Static_assert(sizeof(tm_dequantize) == 36, "tm_dequantize has padding");

/* int8 border of one value around a tensor. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    uint32_t input_dims[6]; /* outermost first, padded in front with 1 */
    uint32_t output_dims[6];
    uint32_t before[6]; /* values in front, along each dimension */
    int32_t value;
} tm_pad;
_Static_assert(sizeof(tm_pad) == 104, "tm_pad has padding");

/* Bytes copied in strides: CONCATENATION, SPLIT, SPLIT_V, STRIDED_SLICE and TRANSPOSE. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref parts; /* constant; so many tm_move_part, one at least */
} tm_move;
_Static_assert(sizeof(tm_move) == 28, "tm_move has padding");

/* RESIZE_NEAREST_NEIGHBOR: pixels of any type, copied from the rows and columns that two lists name. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    tm_ref rows; /* constant; uint16, the row of the input for each of the output */
    tm_ref columns; /* as much for the columns */
    uint32_t batches;
    uint32_t input_height;
    uint32_t input_width;
    uint32_t pixel_bytes;
} tm_resize;
_Static_assert(sizeof(tm_resize) == 60, "tm_resize has padding");

/* int32 index of the first of the largest int8 values along the middle of three dimensions. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    uint32_t outer;
    uint32_t depth;
    uint32_t inner;
} tm_arg_max;
_Static_assert(sizeof(tm_arg_max) == 40, "tm_arg_max has padding");

/* int8 transposed convolution; filter as that of tm_conv_2d. Strides and padding are of the way back; no dilation. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    tm_ref filter; /* int8 */
    tm_ref bias; /* int32, one per output channel */
    tm_ref multiplier; /* Q31 int32, one or one per output channel */
    tm_ref shift; /* int8, as many; positive shifts left */
    uint32_t batches;
    uint32_t input_height;
    uint32_t input_width;
    uint32_t input_channels;
    uint32_t output_height;
    uint32_t output_width;
    uint32_t output_channels;
    uint32_t filter_height;
    uint32_t filter_width;
    uint32_t stride_height;
    uint32_t stride_width;
    uint32_t pad_top;
    uint32_t pad_left;
    uint32_t dilation_height;
    uint32_t dilation_width;
    int32_t input_offset; /* minus the zero point of the input */
    int32_t output_offset; /* the zero point of the output */
    int32_t activation_min;
    int32_t activation_max;
} tm_transpose_conv;
_Static_assert(sizeof(tm_transpose_conv) == 136, "tm_transpose_conv has padding");

/* A kernel made for this op. */
typedef struct {
    uint32_t kind;
    uint32_t record_bytes;
    uint32_t op_index; /* the op's place in the model's graph */
    tm_ref output;
    tm_ref input;
    tm_ref second; /* scratch in the arena, or the second input; no bytes where there is neither */
    tm_ref constants; /* no bytes where the kernel has none */
    uint32_t entry; /* offset of the first instruction in CODE */
} tm_generated;
_Static_assert(sizeof(tm_generated) == 48, "tm_generated has padding");

/* One copy of a tm_move: runs of bytes, dims[0] x … x dims[5] of them. Starts and strides are in bytes. */
typedef struct {
    tm_ref output;
    tm_ref input;
    uint32_t dims[6]; /* outermost first, padded in front with 1 */
    int32_t output_strides[6];
    int32_t input_strides[6];
    uint32_t output_start;
    uint32_t input_start;
    uint32_t run_bytes;
} tm_move_part;
_Static_assert(sizeof(tm_move_part) == 100, "tm_move_part has padding");

#endif /* TM_LAYOUT_H */
