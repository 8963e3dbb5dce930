#include "tm_checks.h"

#include <float.h>
#include <stdbool.h>
#include <stddef.h>

#include "tm_check_steps.h"

#define TM_COUNT(array) ((uint32_t)(sizeof(array) / sizeof((array)[0])))
#define TM_PRODUCT(...) tm_product((const uint32_t[]){__VA_ARGS__}, TM_COUNT(((const uint32_t[]){__VA_ARGS__})))

uint32_t tm_product(const uint32_t *factors, uint32_t count)
{
    uint64_t product = 1u;
    for (uint32_t i = 0; i < count; i++) {
        product *= factors[i];
        if (product == 0u || product > (uint64_t)INT32_MAX) {
            return 0u;
        }
    }
    return (uint32_t)product;
}

tm_status tm_check_reference(const tm_memory *memory, tm_ref ref, uint32_t alignment, uint32_t expected_bytes)
{
    const uint32_t offset = ref.offset & ~TM_CONSTANT;
    const uint32_t size = (ref.offset & TM_CONSTANT) != 0u ? memory->constant_bytes : memory->arena_bytes;
    TM_REQUIRE(expected_bytes != 0u && ref.bytes == expected_bytes, BAD_SHAPE);
    TM_REQUIRE(offset % alignment == 0u && offset <= size && ref.bytes <= size - offset, BAD_REFERENCE);
    return TM_OK;
}

static bool tm_is_scale(float scale) { return scale > 0.0f && scale <= FLT_MAX; }

static bool tm_is_extent(uint32_t value) { return value >= 1u && value <= TM_MAX_EXTENT; }

/* Weights, biases and multipliers of `channels` outputs. */
static tm_status tm_check_weights(const tm_memory *memory, tm_ref filter, uint32_t filter_bytes, tm_ref bias,
                                  tm_ref multiplier, tm_ref shift, uint32_t channels)
{
    const uint32_t scales = shift.bytes == 1u ? 1u : channels;
    TM_REQUIRE((filter.offset & bias.offset & multiplier.offset & shift.offset & TM_CONSTANT) != 0u, BAD_REFERENCE);
    TM_TRY(tm_check_reference(memory, filter, 1u, filter_bytes));
    TM_TRY(tm_check_reference(memory, bias, 4u, TM_PRODUCT(channels, 4u)));
    TM_TRY(tm_check_reference(memory, multiplier, 4u, TM_PRODUCT(scales, 4u)));
    TM_TRY(tm_check_reference(memory, shift, 1u, scales));
    const int32_t *const multipliers =
        (const int32_t *)(const void *)(memory->constants + (multiplier.offset & ~TM_CONSTANT));
    const int8_t *const shifts = (const int8_t *)(memory->constants + (shift.offset & ~TM_CONSTANT));
    for (uint32_t i = 0; i < scales; i++) {
        TM_REQUIRE(tm_is_multiplier(multipliers[i], shifts[i]), BAD_PARAMETER);
    }
    return TM_OK;
}

/* One axis of a sliding window. With every number an extent, no product or sum of them exceeds int32. */
static tm_status tm_check_axis(uint32_t input, uint32_t output, uint32_t filter, uint32_t stride, uint32_t dilation,
                               uint32_t pad)
{
    TM_REQUIRE(tm_is_extent(input) && tm_is_extent(output) && tm_is_extent(filter), BAD_SHAPE);
    TM_REQUIRE(tm_is_extent(stride) && tm_is_extent(dilation) && pad <= TM_MAX_EXTENT, BAD_SHAPE);
    return TM_OK;
}

static tm_status tm_check_convolution(const tm_conv_2d *op, const tm_memory *memory, uint32_t filter_bytes)
{
    TM_TRY(tm_check_axis(op->input_height, op->output_height, op->filter_height, op->stride_height,
                         op->dilation_height, op->pad_top));
    TM_TRY(tm_check_axis(op->input_width, op->output_width, op->filter_width, op->stride_width, op->dilation_width,
                         op->pad_left));
    TM_TRY(tm_check_reference(memory, op->input, 1u,
                              TM_PRODUCT(op->batches, op->input_height, op->input_width, op->input_channels)));
    TM_TRY(tm_check_output(memory, op->output, 1u,
                           TM_PRODUCT(op->batches, op->output_height, op->output_width, op->output_channels)));
    TM_TRY(tm_check_weights(memory, op->filter, filter_bytes, op->bias, op->multiplier, op->shift,
                            op->output_channels));
    TM_REQUIRE(tm_is_input_offset(op->input_offset) && tm_is_int8(op->output_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_clamp(op->activation_min, op->activation_max), BAD_PARAMETER);
    TM_REQUIRE(tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_conv_2d(const tm_conv_2d *op, const tm_memory *memory)
{
    return tm_check_convolution(
        op, memory, TM_PRODUCT(op->output_channels, op->filter_height, op->filter_width, op->input_channels));
}

/* The table gives both convolutions the same fields. */
_Static_assert(sizeof(tm_conv_2d) == sizeof(tm_depthwise_conv_2d) &&
                   offsetof(tm_conv_2d, activation_max) == offsetof(tm_depthwise_conv_2d, activation_max),
               "convolution records differ");

tm_status tm_check_depthwise_conv_2d(const tm_depthwise_conv_2d *op, const tm_memory *memory)
{
    TM_REQUIRE(op->input_channels != 0u && op->output_channels % op->input_channels == 0u, BAD_SHAPE);
    return tm_check_convolution((const tm_conv_2d *)(const void *)op, memory,
                                TM_PRODUCT(op->filter_height, op->filter_width, op->output_channels));
}

_Static_assert(sizeof(tm_conv_2d) == sizeof(tm_transpose_conv) &&
                   offsetof(tm_conv_2d, activation_max) == offsetof(tm_transpose_conv, activation_max),
               "convolution records differ");

tm_status tm_check_transpose_conv(const tm_transpose_conv *op, const tm_memory *memory)
{
    return tm_check_convolution(
        (const tm_conv_2d *)(const void *)op, memory,
        TM_PRODUCT(op->output_channels, op->filter_height, op->filter_width, op->input_channels));
}

tm_status tm_check_fully_connected(const tm_fully_connected *op, const tm_memory *memory)
{
    TM_TRY(tm_check_reference(memory, op->input, 1u, TM_PRODUCT(op->batches, op->input_depth)));
    TM_TRY(tm_check_output(memory, op->output, 1u, TM_PRODUCT(op->batches, op->output_depth)));
    TM_TRY(tm_check_weights(memory, op->filter, TM_PRODUCT(op->output_depth, op->input_depth), op->bias,
                            op->multiplier, op->shift, op->output_depth));
    TM_REQUIRE(tm_is_input_offset(op->input_offset) && tm_is_int8(op->output_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_clamp(op->activation_min, op->activation_max), BAD_PARAMETER);
    TM_REQUIRE(tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

/* Every window of a pool covers at least one input value, or there would be nothing to average. */
static bool tm_covers_input(uint32_t input, uint32_t output, uint32_t filter, uint32_t stride, uint32_t pad)
{
    return pad < filter && (uint64_t)(output - 1u) * stride < (uint64_t)input + pad;
}

tm_status tm_check_average_pool_2d(const tm_average_pool_2d *op, const tm_memory *memory)
{
    TM_TRY(tm_check_axis(op->input_height, op->output_height, op->filter_height, op->stride_height, 1u, op->pad_top));
    TM_TRY(tm_check_axis(op->input_width, op->output_width, op->filter_width, op->stride_width, 1u, op->pad_left));
    TM_REQUIRE(tm_covers_input(op->input_height, op->output_height, op->filter_height, op->stride_height, op->pad_top),
               BAD_SHAPE);
    TM_REQUIRE(tm_covers_input(op->input_width, op->output_width, op->filter_width, op->stride_width, op->pad_left),
               BAD_SHAPE);
    TM_TRY(tm_check_reference(memory, op->input, 1u,
                              TM_PRODUCT(op->batches, op->input_height, op->input_width, op->input_channels)));
    TM_TRY(tm_check_output(memory, op->output, 1u,
                           TM_PRODUCT(op->batches, op->output_height, op->output_width, op->input_channels)));
    TM_REQUIRE(tm_is_clamp(op->activation_min, op->activation_max), BAD_PARAMETER);
    TM_REQUIRE(tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

/* The table gives both pools the same fields. */
_Static_assert(sizeof(tm_average_pool_2d) == sizeof(tm_max_pool_2d) &&
                   offsetof(tm_average_pool_2d, activation_max) == offsetof(tm_max_pool_2d, activation_max),
               "pool records differ");

tm_status tm_check_max_pool_2d(const tm_max_pool_2d *op, const tm_memory *memory)
{
    return tm_check_average_pool_2d((const tm_average_pool_2d *)(const void *)op, memory);
}

tm_status tm_check_mean(const tm_mean *op, const tm_memory *memory)
{
    const uint32_t kept = tm_product(op->kept_dims, TM_COUNT(op->kept_dims));
    const uint32_t reduced = tm_product(op->reduced_dims, TM_COUNT(op->reduced_dims));
    const uint32_t dims[] = {op->kept_dims[0],    op->kept_dims[1],    op->kept_dims[2],
                             op->reduced_dims[0], op->reduced_dims[1], op->reduced_dims[2]};
    const uint32_t strides[] = {op->kept_strides[0],    op->kept_strides[1],    op->kept_strides[2],
                                op->reduced_strides[0], op->reduced_strides[1], op->reduced_strides[2]};
    TM_TRY(tm_check_reference(memory, op->input, 1u, TM_PRODUCT(kept, reduced)));
    TM_TRY(tm_check_output(memory, op->output, 1u, kept));
    TM_REQUIRE(tm_reaches_inside(dims, strides, TM_COUNT(dims), op->input.bytes), BAD_SHAPE);
    TM_REQUIRE(reduced <= (uint32_t)INT32_MAX / 256u, BAD_SHAPE); /* the sum has to fit */
    TM_REQUIRE(tm_is_multiplier(op->multiplier, op->shift) && tm_is_int8(op->output_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_clamp(op->activation_min, op->activation_max), BAD_PARAMETER);
    TM_REQUIRE(tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_softmax(const tm_softmax *op, const tm_memory *memory)
{
    const uint32_t values = TM_PRODUCT(op->rows, op->depth);
    TM_TRY(tm_check_reference(memory, op->input, 1u, values));
    TM_TRY(tm_check_output(memory, op->output, 1u, values));
    TM_REQUIRE(op->depth <= TM_MAX_SOFTMAX_DEPTH, BAD_SHAPE);
    TM_REQUIRE(op->input_multiplier >= 0 && op->input_left_shift <= 31u && op->diff_min <= 0, BAD_PARAMETER);
    TM_REQUIRE(tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_copy(const tm_copy *op, const tm_memory *memory)
{
    TM_TRY(tm_check_reference(memory, op->input, 1u, op->output.bytes));
    TM_TRY(tm_check_output(memory, op->output, 1u, op->input.bytes));
    TM_REQUIRE(op->output.offset == op->input.offset || tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_requantize(const tm_requantize_op *op, const tm_memory *memory)
{
    TM_TRY(tm_check_reference(memory, op->input, 1u, op->output.bytes));
    TM_TRY(tm_check_output(memory, op->output, 1u, op->input.bytes));
    TM_REQUIRE(tm_is_input_offset(op->input_offset) && tm_is_int8(op->output_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_multiplier(op->multiplier, op->shift), BAD_PARAMETER);
    TM_REQUIRE(tm_is_clamp(op->activation_min, op->activation_max), BAD_PARAMETER);
    TM_REQUIRE(tm_in_place_or_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_quantize(const tm_quantize *op, const tm_memory *memory)
{
    TM_TRY(tm_check_output(memory, op->output, 1u, op->output.bytes));
    TM_TRY(tm_check_reference(memory, op->input, 4u, TM_PRODUCT(op->output.bytes, 4u)));
    TM_REQUIRE(tm_is_scale(op->scale) && tm_is_int8(op->zero_point), BAD_PARAMETER);
    TM_REQUIRE(tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_dequantize(const tm_dequantize *op, const tm_memory *memory)
{
    TM_TRY(tm_check_reference(memory, op->input, 1u, op->input.bytes));
    TM_TRY(tm_check_output(memory, op->output, 4u, TM_PRODUCT(op->input.bytes, 4u)));
    TM_REQUIRE(tm_is_scale(op->scale) && tm_is_int8(op->zero_point), BAD_PARAMETER);
    TM_REQUIRE(tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_pad(const tm_pad *op, const tm_memory *memory)
{
    TM_TRY(tm_check_reference(memory, op->input, 1u, tm_product(op->input_dims, TM_MAX_RANK)));
    TM_TRY(tm_check_output(memory, op->output, 1u, tm_product(op->output_dims, TM_MAX_RANK)));
    for (uint32_t d = 0; d < TM_MAX_RANK; d++) {
        TM_REQUIRE((uint64_t)op->before[d] + op->input_dims[d] <= op->output_dims[d], BAD_SHAPE);
    }
    TM_REQUIRE(tm_is_int8(op->value), BAD_PARAMETER);
    TM_REQUIRE(tm_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}
