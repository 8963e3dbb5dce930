#include "tm_fixed_point.h"
#include "tm_kernels.h"

void tm_requantize_int8(const tm_requantize_op *op, const tm_memory *memory)
{
    const int8_t *const input = tm_read(memory, op->input);
    int8_t *const output = tm_write(memory, op->output);
    for (uint32_t i = 0; i < op->output.bytes; i++) {
        const int32_t value = tm_requantize(input[i] + op->input_offset, op->multiplier, op->shift);
        output[i] = tm_clamp(tm_add_wrapping(value, op->output_offset), op->activation_min, op->activation_max);
    }
}
