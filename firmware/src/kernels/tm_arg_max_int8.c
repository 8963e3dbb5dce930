#include "tm_kernels.h"

/* Of equal values the first counts. */
void tm_arg_max_int8(const tm_arg_max *op, const tm_memory *memory)
{
    const int8_t *values = tm_read(memory, op->input);
    int32_t *output = tm_write(memory, op->output);

    for (uint32_t o = 0; o < op->outer; o++) {
        for (uint32_t i = 0; i < op->inner; i++) {
            uint32_t best = 0u;
            for (uint32_t k = 1; k < op->depth; k++) {
                if (values[k * op->inner + i] > values[best * op->inner + i]) {
                    best = k;
                }
            }
            *output++ = (int32_t)best;
        }
        values += op->depth * op->inner;
    }
}
