#include "tm_fixed_point.h"
#include "tm_kernels.h"

static inline int32_t tm_rescaled(int32_t value, uint32_t left_shift, int32_t multiplier, int32_t shift)
{
    return tm_requantize(tm_shift_left(value, left_shift), multiplier, shift);
}

/* The packer merges dimensions, so tensors of one shape are a single innermost row. */
void tm_add_int8(const tm_add *op, const tm_memory *memory)
{
    const int8_t *const input1 = tm_read(memory, op->input1);
    const int8_t *const input2 = tm_read(memory, op->input2);
    int8_t *output = tm_write(memory, op->output);
    const uint32_t last = TM_MAX_RANK - 1u;
    uint32_t index[TM_MAX_RANK] = {0u};
    uint32_t at1 = 0u;
    uint32_t at2 = 0u;

    for (;;) {
        for (uint32_t i = 0; i < op->dims[last]; i++) {
            const int32_t a = input1[at1 + i * op->strides1[last]] + op->input1_offset;
            const int32_t b = input2[at2 + i * op->strides2[last]] + op->input2_offset;
            const int32_t sum =
                tm_add_wrapping(tm_rescaled(a, op->left_shift, op->input1_multiplier, op->input1_shift),
                                tm_rescaled(b, op->left_shift, op->input2_multiplier, op->input2_shift));
            const int32_t value = tm_requantize(sum, op->output_multiplier, op->output_shift);
            *output++ =
                tm_clamp(tm_add_wrapping(value, op->output_offset), op->activation_min, op->activation_max);
        }
        /* the next row: count the outer dimensions up like an odometer */
        uint32_t d = last;
        for (; d > 0u; d--) {
            const uint32_t k = d - 1u;
            at1 += op->strides1[k];
            at2 += op->strides2[k];
            if (++index[k] < op->dims[k]) {
                break;
            }
            at1 -= op->strides1[k] * op->dims[k];
            at2 -= op->strides2[k] * op->dims[k];
            index[k] = 0u;
        }
        if (d == 0u) {
            return;
        }
    }
}
