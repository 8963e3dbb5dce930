#include "tm_fixed_point.h"
#include "tm_kernels.h"

void tm_average_pool_2d_int8(const tm_average_pool_2d *op, const tm_memory *memory)
{
    const int8_t *image = tm_read(memory, op->input);
    int8_t *output = tm_write(memory, op->output);
    const uint32_t channels = op->input_channels;
    const uint32_t row_step = op->input_width * channels;

    for (uint32_t batch = 0; batch < op->batches; batch++) {
        for (uint32_t out_y = 0; out_y < op->output_height; out_y++) {
            for (uint32_t out_x = 0; out_x < op->output_width; out_x++) {
                const int32_t y = (int32_t)(out_y * op->stride_height) - (int32_t)op->pad_top;
                const int32_t x = (int32_t)(out_x * op->stride_width) - (int32_t)op->pad_left;
                const tm_taps ys = tm_taps_inside(y, (int32_t)op->input_height, (int32_t)op->filter_height, 1);
                const tm_taps xs = tm_taps_inside(x, (int32_t)op->input_width, (int32_t)op->filter_width, 1);
                const uint32_t rows = (uint32_t)(ys.end - ys.first);
                const uint32_t columns = (uint32_t)(xs.end - xs.first);
                const int32_t count = (int32_t)(rows * columns);
                const int8_t *const corner =
                    image + (uint32_t)(y + ys.first) * row_step + (uint32_t)(x + xs.first) * channels;
                for (uint32_t channel = 0; channel < channels; channel++) {
                    int32_t sum = 0;
                    for (uint32_t row = 0; row < rows; row++) {
                        const int8_t *value = corner + row * row_step + channel;
                        for (uint32_t column = 0; column < columns; column++) {
                            sum += value[column * channels];
                        }
                    }
                    /* to nearest, ties away from zero */
                    const int32_t mean = (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
                    *output++ = tm_clamp(mean, op->activation_min, op->activation_max);
                }
            }
        }
        image += op->input_height * row_step;
    }
}
