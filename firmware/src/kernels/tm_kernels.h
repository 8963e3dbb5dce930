/* The kernels: each takes its op record and the memories that its references point into. tm_model_open has checked
 * everything that they rely on. None but the generated ones needs scratch memory. */
#ifndef TM_KERNELS_H
#define TM_KERNELS_H

#include "tm_layout.h"
#include "tm_memory.h"

void tm_conv_2d_int8(const tm_conv_2d *op, const tm_memory *memory);
void tm_depthwise_conv_2d_int8(const tm_depthwise_conv_2d *op, const tm_memory *memory);
void tm_fully_connected_int8(const tm_fully_connected *op, const tm_memory *memory);
void tm_add_int8(const tm_add *op, const tm_memory *memory);
void tm_sub_int8(const tm_sub *op, const tm_memory *memory);
void tm_mul_int8(const tm_mul *op, const tm_memory *memory);
void tm_minimum_int8(const tm_minimum *op, const tm_memory *memory);
void tm_maximum_int8(const tm_maximum *op, const tm_memory *memory);
void tm_prelu_int8(const tm_prelu *op, const tm_memory *memory);
void tm_lookup_int8(const tm_lookup *op, const tm_memory *memory);
void tm_average_pool_2d_int8(const tm_average_pool_2d *op, const tm_memory *memory);
void tm_max_pool_2d_int8(const tm_max_pool_2d *op, const tm_memory *memory);
void tm_mean_int8(const tm_mean *op, const tm_memory *memory);
void tm_softmax_int8(const tm_softmax *op, const tm_memory *memory);
void tm_copy_bytes(const tm_copy *op, const tm_memory *memory);
void tm_requantize_int8(const tm_requantize_op *op, const tm_memory *memory);
void tm_quantize_int8(const tm_quantize *op, const tm_memory *memory);
void tm_dequantize_int8(const tm_dequantize *op, const tm_memory *memory);
void tm_pad_int8(const tm_pad *op, const tm_memory *memory);
void tm_move_bytes(const tm_move *op, const tm_memory *memory);
void tm_run_generated(const tm_generated *op, const tm_memory *memory);

/* Where a reference points; kernels read through it. */
static inline const void *tm_read(const tm_memory *memory, tm_ref ref)
{
    return (ref.offset & TM_CONSTANT) != 0u ? memory->constants + (ref.offset & ~TM_CONSTANT)
                                            : memory->arena + ref.offset;
}

/* Where an output goes: always in the arena. */
static inline void *tm_write(const tm_memory *memory, tm_ref ref) { return memory->arena + ref.offset; }

/* Taps of a filter that lie inside the input: first <= tap < end. */
typedef struct {
    int32_t first;
    int32_t end;
} tm_taps;

/* start: input coordinate of tap 0, which may be negative; size: of the input; taps: of the filter. */
static inline tm_taps tm_taps_inside(int32_t start, int32_t size, int32_t taps, int32_t dilation)
{
    tm_taps inside = {0, taps};
    if (start < 0) {
        inside.first = (-start + dilation - 1) / dilation;
    }
    if (start + (taps - 1) * dilation >= size) {
        inside.end = start >= size ? 0 : (size - start + dilation - 1) / dilation;
    }
    if (inside.first > inside.end) {
        inside.first = inside.end;
    }
    return inside;
}

#endif /* TM_KERNELS_H */
