#include "tm_dot.h"
#include "tm_kernels.h"

void tm_fully_connected_int8(const tm_fully_connected *op, const tm_memory *memory)
{
    const int8_t *input = tm_read(memory, op->input);
    int8_t *output = tm_write(memory, op->output);
    const uint32_t depth = op->input_depth;
    const uint32_t outputs = op->output_depth;
    const int32_t offset = op->input_offset;
    const tm_scaling scaling = {
        .bias = tm_read(memory, op->bias),
        .multiplier = tm_read(memory, op->multiplier),
        .shift = tm_read(memory, op->shift),
        .scale_step = op->shift.bytes == 1u ? 0u : 1u,
        .offset = op->output_offset,
        .low = op->activation_min,
        .high = op->activation_max,
    };

    for (uint32_t batch = 0; batch < op->batches; batch++) {
        const int8_t *row = tm_read(memory, op->filter);
        uint32_t o = 0;
        for (; o + TM_DOT_BLOCK <= outputs; o += TM_DOT_BLOCK) {
            uint32_t acc[TM_DOT_BLOCK] = {0u, 0u, 0u, 0u};
            tm_dot_block(input, row, depth, depth, offset, acc);
            for (uint32_t k = 0; k < TM_DOT_BLOCK; k++) {
                *output++ = tm_scale(&scaling, o + k, acc[k]);
            }
            row += TM_DOT_BLOCK * depth;
        }
        for (; o < outputs; o++) {
            *output++ = tm_scale(&scaling, o, tm_dot(input, row, depth, offset, 0u));
            row += depth;
        }
        input += depth;
    }
}
