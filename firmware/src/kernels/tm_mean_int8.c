#include "tm_fixed_point.h"
#include "tm_kernels.h"

static int32_t tm_sum_over(const tm_mean *op, const int8_t *input)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < op->reduced_dims[0]; i++) {
        for (uint32_t j = 0; j < op->reduced_dims[1]; j++) {
            const int8_t *value = input + i * op->reduced_strides[0] + j * op->reduced_strides[1];
            for (uint32_t k = 0; k < op->reduced_dims[2]; k++) {
                sum += value[k * op->reduced_strides[2]];
            }
        }
    }
    return sum;
}

void tm_mean_int8(const tm_mean *op, const tm_memory *memory)
{
    const int8_t *const input = tm_read(memory, op->input);
    int8_t *output = tm_write(memory, op->output);

    for (uint32_t i = 0; i < op->kept_dims[0]; i++) {
        for (uint32_t j = 0; j < op->kept_dims[1]; j++) {
            for (uint32_t k = 0; k < op->kept_dims[2]; k++) {
                const int8_t *const first =
                    input + i * op->kept_strides[0] + j * op->kept_strides[1] + k * op->kept_strides[2];
                const int32_t sum = tm_add_wrapping(tm_sum_over(op, first), op->sum_offset);
                const int32_t value = tm_requantize(sum, op->multiplier, op->shift);
                *output++ =
                    tm_clamp(tm_add_wrapping(value, op->output_offset), op->activation_min, op->activation_max);
            }
        }
    }
}
