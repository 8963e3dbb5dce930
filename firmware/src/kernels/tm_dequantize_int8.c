#include "tm_kernels.h"

void tm_dequantize_int8(const tm_dequantize *op, const tm_memory *memory)
{
    const int8_t *const input = tm_read(memory, op->input);
    float *const output = tm_write(memory, op->output);
    for (uint32_t i = 0; i < op->input.bytes; i++) {
        output[i] = op->scale * (float)(input[i] - op->zero_point);
    }
}
