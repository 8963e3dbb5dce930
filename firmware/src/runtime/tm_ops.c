#include "tm_ops.h"

#include <stddef.h>

#include "tm_checks.h"
#include "tm_kernels.h"

/* X(kind, record, check, kernel) */
#define TM_OPS(X)                                                                                         \
    X(CONV_2D, tm_conv_2d, tm_check_conv_2d, tm_conv_2d_int8)                                             \
    X(DEPTHWISE_CONV_2D, tm_depthwise_conv_2d, tm_check_depthwise_conv_2d, tm_depthwise_conv_2d_int8)     \
    X(FULLY_CONNECTED, tm_fully_connected, tm_check_fully_connected, tm_fully_connected_int8)             \
    X(ADD, tm_add, tm_check_add, tm_add_int8)                                                             \
    X(SUB, tm_sub, tm_check_sub, tm_sub_int8)                                                             \
    X(MUL, tm_mul, tm_check_mul, tm_mul_int8)                                                             \
    X(MINIMUM, tm_minimum, tm_check_minimum, tm_minimum_int8)                                             \
    X(MAXIMUM, tm_maximum, tm_check_maximum, tm_maximum_int8)                                             \
    X(PRELU, tm_prelu, tm_check_prelu, tm_prelu_int8)                                                     \
    X(LOOKUP, tm_lookup, tm_check_lookup, tm_lookup_int8)                                                 \
    X(AVERAGE_POOL_2D, tm_average_pool_2d, tm_check_average_pool_2d, tm_average_pool_2d_int8)             \
    X(MAX_POOL_2D, tm_max_pool_2d, tm_check_max_pool_2d, tm_max_pool_2d_int8)                             \
    X(MEAN, tm_mean, tm_check_mean, tm_mean_int8)                                                         \
    X(SOFTMAX, tm_softmax, tm_check_softmax, tm_softmax_int8)                                             \
    X(COPY, tm_copy, tm_check_copy, tm_copy_bytes)                                                        \
    X(REQUANTIZE, tm_requantize_op, tm_check_requantize, tm_requantize_int8)                              \
    X(QUANTIZE, tm_quantize, tm_check_quantize, tm_quantize_int8)                                         \
    X(DEQUANTIZE, tm_dequantize, tm_check_dequantize, tm_dequantize_int8)                                 \
    X(PAD, tm_pad, tm_check_pad, tm_pad_int8)                                                             \
    X(MOVE, tm_move, tm_check_move, tm_move_bytes)                                                        \
    X(GENERATED, tm_generated, tm_check_generated, tm_run_generated)

/* A record is reached through its head; these give check and kernel the type that the table promises. */
#define TM_TYPED(kind, record, checker, kernel)                                         \
    static tm_status tm_check_record_##kind(const tm_op *op, const tm_memory *memory)   \
    {                                                                                   \
        return checker((const record *)(const void *)op, memory);                       \
    }                                                                                   \
    static void tm_run_record_##kind(const tm_op *op, const tm_memory *memory)          \
    {                                                                                   \
        kernel((const record *)(const void *)op, memory);                               \
    }
TM_OPS(TM_TYPED)

static const tm_op_entry TM_OP_TABLE[] = {
#define TM_ENTRY(kind, record, checker, kernel) \
    {TM_OP_##kind, (uint32_t)sizeof(record), tm_check_record_##kind, tm_run_record_##kind},
    TM_OPS(TM_ENTRY)
};

const tm_op_entry *tm_find_op(uint32_t kind)
{
    for (size_t i = 0; i < sizeof TM_OP_TABLE / sizeof TM_OP_TABLE[0]; i++) {
        if (TM_OP_TABLE[i].kind == kind) {
            return &TM_OP_TABLE[i];
        }
    }
    return NULL;
}
