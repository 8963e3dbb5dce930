#include "tm_broadcast.h"
#include "tm_fixed_point.h"
#include "tm_kernels.h"

void tm_prelu_int8(const tm_prelu *op, const tm_memory *memory)
{
    const int8_t *const input1 = tm_read(memory, op->input1);
    const int8_t *const input2 = tm_read(memory, op->input2);
    int8_t *output = tm_write(memory, op->output);
    tm_rows rows = {0};
    do {
        for (uint32_t i = 0; i < op->dims[TM_ROW]; i++) {
            const int32_t x = input1[rows.at1 + i * op->strides1[TM_ROW]] + op->input1_offset;
            const int32_t slope = input2[rows.at2 + i * op->strides2[TM_ROW]] + op->input2_offset;
            const int32_t value = x >= 0 ? tm_requantize(x, op->identity_multiplier, op->identity_shift)
                                         : tm_requantize(x * slope, op->slope_multiplier, op->slope_shift);
            *output++ = tm_clamp(tm_add_wrapping(value, op->output_offset), INT8_MIN, INT8_MAX);
        }
    } while (tm_next_row(&rows, op->dims, op->strides1, op->strides2));
}
