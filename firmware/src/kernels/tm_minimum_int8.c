#include "tm_broadcast.h"
#include "tm_kernels.h"

void tm_minimum_int8(const tm_minimum *op, const tm_memory *memory)
{
    const int8_t *const input1 = tm_read(memory, op->input1);
    const int8_t *const input2 = tm_read(memory, op->input2);
    int8_t *output = tm_write(memory, op->output);
    tm_rows rows = {0};
    do {
        for (uint32_t i = 0; i < op->dims[TM_ROW]; i++) {
            const int8_t a = input1[rows.at1 + i * op->strides1[TM_ROW]];
            const int8_t b = input2[rows.at2 + i * op->strides2[TM_ROW]];
            *output++ = a < b ? a : b;
        }
    } while (tm_next_row(&rows, op->dims, op->strides1, op->strides2));
}
