#include "tm_fixed_point.h"
#include "tm_kernels.h"

/* Beyond this every value saturates, whatever the zero point; it also keeps the conversion to integer defined. */
static const float TM_SATURATED = 512.0f;

/* round(x / scale) + zero point, ties away from zero; a NaN becomes the zero point. */
static int8_t tm_quantized(float x, float scale, int32_t zero_point)
{
    const float scaled = x / scale;
    if (scaled >= TM_SATURATED) {
        return INT8_MAX;
    }
    if (scaled <= -TM_SATURATED) {
        return INT8_MIN;
    }
    if (scaled != scaled) {
        return (int8_t)zero_point;
    }
    int32_t rounded = (int32_t)scaled;
    /* exact: both are multiples of one unit in the last place of `scaled` */
    const float rest = scaled - (float)rounded;
    if (rest >= 0.5f) {
        rounded++;
    } else if (rest <= -0.5f) {
        rounded--;
    }
    return tm_clamp(rounded + zero_point, INT8_MIN, INT8_MAX);
}

void tm_quantize_int8(const tm_quantize *op, const tm_memory *memory)
{
    const float *const input = tm_read(memory, op->input);
    int8_t *const output = tm_write(memory, op->output);
    for (uint32_t i = 0; i < op->output.bytes; i++) {
        output[i] = tm_quantized(input[i], op->scale, op->zero_point);
    }
}
