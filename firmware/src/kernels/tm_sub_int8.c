#include "tm_broadcast.h"
#include "tm_fixed_point.h"
#include "tm_kernels.h"

void tm_sub_int8(const tm_sub *op, const tm_memory *memory)
{
    const int8_t *const input1 = tm_read(memory, op->input1);
    const int8_t *const input2 = tm_read(memory, op->input2);
    int8_t *output = tm_write(memory, op->output);
    tm_rows rows = {0};
    do {
        for (uint32_t i = 0; i < op->dims[TM_ROW]; i++) {
            const int32_t a = input1[rows.at1 + i * op->strides1[TM_ROW]] + op->input1_offset;
            const int32_t b = input2[rows.at2 + i * op->strides2[TM_ROW]] + op->input2_offset;
            const int32_t difference =
                tm_sub_wrapping(tm_rescale_left(a, op->left_shift, op->input1_multiplier, op->input1_shift),
                                tm_rescale_left(b, op->left_shift, op->input2_multiplier, op->input2_shift));
            const int32_t value = tm_requantize(difference, op->output_multiplier, op->output_shift);
            *output++ =
                tm_clamp(tm_add_wrapping(value, op->output_offset), op->activation_min, op->activation_max);
        }
    } while (tm_next_row(&rows, op->dims, op->strides1, op->strides2));
}
