#include <string.h>

#include "tm_kernels.h"

/* Fills the output, then copies the input's innermost rows to their places. */
void tm_pad_int8(const tm_pad *op, const tm_memory *memory)
{
    const int8_t *input = tm_read(memory, op->input);
    int8_t *const output = tm_write(memory, op->output);
    const uint32_t last = TM_MAX_RANK - 1u;
    const uint32_t row = op->input_dims[last];
    uint32_t index[TM_MAX_RANK] = {0u};

    (void)memset(output, op->value, op->output.bytes);
    for (;;) {
        uint32_t at = 0u;
        for (uint32_t d = 0; d < TM_MAX_RANK; d++) {
            at = at * op->output_dims[d] + op->before[d] + index[d];
        }
        (void)memcpy(output + at, input, row);
        input += row;
        /* the next row: count the outer dimensions up like an odometer */
        uint32_t d = last;
        for (; d > 0u; d--) {
            if (++index[d - 1u] < op->input_dims[d - 1u]) {
                break;
            }
            index[d - 1u] = 0u;
        }
        if (d == 0u) {
            return;
        }
    }
}
