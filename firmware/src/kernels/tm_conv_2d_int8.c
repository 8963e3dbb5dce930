#include "tm_dot.h"
#include "tm_kernels.h"

/* The taps of one filter row that lie side by side in the input are one run: `runs` runs of `length` values. Without
 * dilation a row is a single run; the bounds are found once per output position, outside of every loop over values. */
typedef struct {
    const int8_t *input;
    uint32_t filter_at;
    uint32_t rows;
    uint32_t input_row_step;
    uint32_t filter_row_step;
    uint32_t runs;
    uint32_t length;
    uint32_t input_run_step;
} tm_window;

static tm_window tm_window_at(const tm_conv_2d *op, const int8_t *image, uint32_t out_y, uint32_t out_x)
{
    const int32_t dilation_y = (int32_t)op->dilation_height;
    const int32_t dilation_x = (int32_t)op->dilation_width;
    const int32_t y = (int32_t)(out_y * op->stride_height) - (int32_t)op->pad_top;
    const int32_t x = (int32_t)(out_x * op->stride_width) - (int32_t)op->pad_left;
    const tm_taps ys = tm_taps_inside(y, (int32_t)op->input_height, (int32_t)op->filter_height, dilation_y);
    const tm_taps xs = tm_taps_inside(x, (int32_t)op->input_width, (int32_t)op->filter_width, dilation_x);
    const uint32_t channels = op->input_channels;
    const uint32_t taps = (uint32_t)(xs.end - xs.first);
    tm_window window = {.input = image, .rows = taps == 0u ? 0u : (uint32_t)(ys.end - ys.first)};
    if (window.rows > 0u) {
        const uint32_t first_y = (uint32_t)(y + ys.first * dilation_y);
        const uint32_t first_x = (uint32_t)(x + xs.first * dilation_x);
        window.input = image + (first_y * op->input_width + first_x) * channels;
        window.filter_at = ((uint32_t)ys.first * op->filter_width + (uint32_t)xs.first) * channels;
    }
    window.input_row_step = op->dilation_height * op->input_width * channels;
    window.filter_row_step = op->filter_width * channels;
    window.runs = dilation_x == 1 ? 1u : taps;
    window.length = dilation_x == 1 ? taps * channels : channels;
    window.input_run_step = op->dilation_width * channels;
    return window;
}

void tm_conv_2d_int8(const tm_conv_2d *op, const tm_memory *memory)
{
    const int8_t *image = tm_read(memory, op->input);
    const int8_t *const filter = tm_read(memory, op->filter);
    int8_t *output = tm_write(memory, op->output);
    const uint32_t outputs = op->output_channels;
    const uint32_t filter_size = op->filter_height * op->filter_width * op->input_channels;
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
        for (uint32_t out_y = 0; out_y < op->output_height; out_y++) {
            for (uint32_t out_x = 0; out_x < op->output_width; out_x++) {
                const tm_window window = tm_window_at(op, image, out_y, out_x);
                const int8_t *weights = filter + window.filter_at;
                uint32_t o = 0;
                for (; o + TM_DOT_BLOCK <= outputs; o += TM_DOT_BLOCK) {
                    uint32_t acc[TM_DOT_BLOCK] = {0u, 0u, 0u, 0u};
                    for (uint32_t row = 0; row < window.rows; row++) {
                        const int8_t *x = window.input + row * window.input_row_step;
                        const int8_t *w = weights + row * window.filter_row_step;
                        for (uint32_t run = 0; run < window.runs; run++) {
                            tm_dot_block(x + run * window.input_run_step, w + run * window.length, filter_size,
                                         window.length, offset, acc);
                        }
                    }
                    for (uint32_t k = 0; k < TM_DOT_BLOCK; k++) {
                        *output++ = tm_scale(&scaling, o + k, acc[k]);
                    }
                    weights += TM_DOT_BLOCK * filter_size;
                }
                for (; o < outputs; o++) {
                    uint32_t acc = 0u;
                    for (uint32_t row = 0; row < window.rows; row++) {
                        const int8_t *x = window.input + row * window.input_row_step;
                        const int8_t *w = weights + row * window.filter_row_step;
                        for (uint32_t run = 0; run < window.runs; run++) {
                            acc = tm_dot(x + run * window.input_run_step, w + run * window.length, window.length,
                                         offset, acc);
                        }
                    }
                    *output++ = tm_scale(&scaling, o, acc);
                    weights += filter_size;
                }
            }
        }
        image += op->input_height * op->input_width * op->input_channels;
    }
}
