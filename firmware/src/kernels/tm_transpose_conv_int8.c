#include <stdbool.h>

#include "tm_dot.h"
#include "tm_kernels.h"

/* Whether tap `tap` of the filter leads to output coordinate `at`, and from which one of the input. */
static bool tm_leads_from(uint32_t at, uint32_t pad, uint32_t tap, uint32_t stride, uint32_t size, uint32_t *from)
{
    if (at + pad < tap || (at + pad - tap) % stride != 0u) {
        return false;
    }
    *from = (at + pad - tap) / stride;
    return *from < size;
}

/* Each output value gathers what the input's windows would scatter to it, so that no accumulators need memory. */
void tm_transpose_conv_int8(const tm_transpose_conv *op, const tm_memory *memory)
{
    const int8_t *image = tm_read(memory, op->input);
    const int8_t *const filter = tm_read(memory, op->filter);
    int8_t *output = tm_write(memory, op->output);
    const uint32_t channels = op->input_channels;
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
        for (uint32_t out_y = 0; out_y < op->output_height; out_y++) {
            for (uint32_t out_x = 0; out_x < op->output_width; out_x++) {
                const int8_t *weights = filter;
                for (uint32_t o = 0; o < op->output_channels; o++) {
                    uint32_t acc = 0u;
                    for (uint32_t tap_y = 0; tap_y < op->filter_height; tap_y++) {
                        uint32_t y = 0u;
                        const bool is_row =
                            tm_leads_from(out_y, op->pad_top, tap_y, op->stride_height, op->input_height, &y);
                        for (uint32_t tap_x = 0; tap_x < op->filter_width; tap_x++) {
                            uint32_t x = 0u;
                            if (is_row &&
                                tm_leads_from(out_x, op->pad_left, tap_x, op->stride_width, op->input_width, &x)) {
                                acc = tm_dot(image + (y * op->input_width + x) * channels, weights, channels,
                                             op->input_offset, acc);
                            }
                            weights += channels;
                        }
                    }
                    *output++ = tm_scale(&scaling, o, acc);
                }
            }
        }
        image += op->input_height * op->input_width * channels;
    }
}
