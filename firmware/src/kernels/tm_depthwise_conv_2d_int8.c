#include "tm_dot.h"
#include "tm_kernels.h"

/* One output position: the first tap inside the input, and the steps to the others. */
typedef struct {
    const int8_t *input;
    const int8_t *filter;
    uint32_t rows;
    uint32_t columns;
    uint32_t input_row_step;
    uint32_t input_column_step;
    uint32_t filter_row_step;
    uint32_t filter_column_step;
} tm_window;

static tm_window tm_window_at(const tm_depthwise_conv_2d *op, const int8_t *image, const int8_t *filter,
                              uint32_t out_y, uint32_t out_x)
{
    const int32_t dilation_y = (int32_t)op->dilation_height;
    const int32_t dilation_x = (int32_t)op->dilation_width;
    const int32_t y = (int32_t)(out_y * op->stride_height) - (int32_t)op->pad_top;
    const int32_t x = (int32_t)(out_x * op->stride_width) - (int32_t)op->pad_left;
    const tm_taps ys = tm_taps_inside(y, (int32_t)op->input_height, (int32_t)op->filter_height, dilation_y);
    const tm_taps xs = tm_taps_inside(x, (int32_t)op->input_width, (int32_t)op->filter_width, dilation_x);
    tm_window window = {
        .input = image,
        .filter = filter,
        .rows = (uint32_t)(ys.end - ys.first),
        .columns = (uint32_t)(xs.end - xs.first),
        .input_row_step = op->dilation_height * op->input_width * op->input_channels,
        .input_column_step = op->dilation_width * op->input_channels,
        .filter_row_step = op->filter_width * op->output_channels,
        .filter_column_step = op->output_channels,
    };
    if (window.rows > 0u && window.columns > 0u) {
        const uint32_t first_y = (uint32_t)(y + ys.first * dilation_y);
        const uint32_t first_x = (uint32_t)(x + xs.first * dilation_x);
        window.input = image + (first_y * op->input_width + first_x) * op->input_channels;
        window.filter = filter + ((uint32_t)ys.first * op->filter_width + (uint32_t)xs.first) * op->output_channels;
    }
    return window;
}

/* Channels that lie side by side in input and filter: the steps between taps are paid once for all four. */
static inline void tm_channel_block(const tm_window *window, uint32_t channel, int32_t offset,
                                    uint32_t acc[TM_DOT_BLOCK])
{
    uint32_t acc0 = 0u;
    uint32_t acc1 = 0u;
    uint32_t acc2 = 0u;
    uint32_t acc3 = 0u;
    for (uint32_t row = 0; row < window->rows; row++) {
        const int8_t *x = window->input + row * window->input_row_step + channel;
        const int8_t *w = window->filter + row * window->filter_row_step + channel;
        for (uint32_t column = 0; column < window->columns; column++) {
            acc0 += (uint32_t)((x[0] + offset) * w[0]);
            acc1 += (uint32_t)((x[1] + offset) * w[1]);
            acc2 += (uint32_t)((x[2] + offset) * w[2]);
            acc3 += (uint32_t)((x[3] + offset) * w[3]);
            x += window->input_column_step;
            w += window->filter_column_step;
        }
    }
    acc[0] = acc0;
    acc[1] = acc1;
    acc[2] = acc2;
    acc[3] = acc3;
}

static inline uint32_t tm_channel(const tm_window *window, uint32_t input_channel, uint32_t channel, int32_t offset)
{
    uint32_t acc = 0u;
    for (uint32_t row = 0; row < window->rows; row++) {
        const int8_t *x = window->input + row * window->input_row_step + input_channel;
        const int8_t *w = window->filter + row * window->filter_row_step + channel;
        for (uint32_t column = 0; column < window->columns; column++) {
            acc += (uint32_t)((x[column * window->input_column_step] + offset) *
                              w[column * window->filter_column_step]);
        }
    }
    return acc;
}

void tm_depthwise_conv_2d_int8(const tm_depthwise_conv_2d *op, const tm_memory *memory)
{
    const int8_t *image = tm_read(memory, op->input);
    const int8_t *const filter = tm_read(memory, op->filter);
    int8_t *output = tm_write(memory, op->output);
    const uint32_t outputs = op->output_channels;
    const uint32_t multiplier = outputs / op->input_channels;
    const uint32_t blocked = multiplier == 1u ? outputs - outputs % TM_DOT_BLOCK : 0u;
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
                const tm_window window = tm_window_at(op, image, filter, out_y, out_x);
                for (uint32_t o = 0; o < blocked; o += TM_DOT_BLOCK) {
                    uint32_t acc[TM_DOT_BLOCK];
                    tm_channel_block(&window, o, offset, acc);
                    for (uint32_t k = 0; k < TM_DOT_BLOCK; k++) {
                        *output++ = tm_scale(&scaling, o + k, acc[k]);
                    }
                }
                for (uint32_t o = blocked; o < outputs; o++) {
                    *output++ = tm_scale(&scaling, o, tm_channel(&window, o / multiplier, o, offset));
                }
            }
        }
        image += op->input_height * op->input_width * op->input_channels;
    }
}
