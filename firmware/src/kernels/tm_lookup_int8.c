#include "tm_kernels.h"

void tm_lookup_int8(const tm_lookup *op, const tm_memory *memory)
{
    const int8_t *const table = tm_read(memory, op->table);
    const int8_t *const of_zero = table - INT8_MIN;
    const int8_t *const input = tm_read(memory, op->input);
    int8_t *const output = tm_write(memory, op->output);
    for (uint32_t i = 0; i < op->output.bytes; i++) {
        output[i] = of_zero[input[i]];
    }
}
