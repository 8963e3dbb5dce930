#include <stddef.h>
#include <string.h>

#include "tm_kernels.h"

/* The runs of the innermost dimension; a stride may be negative. */
static void tm_copy_runs(uint8_t *output, const uint8_t *input, const tm_move_part *part)
{
    const uint32_t count = part->dims[TM_MAX_RANK - 1u];
    const ptrdiff_t output_stride = part->output_strides[TM_MAX_RANK - 1u];
    const ptrdiff_t input_stride = part->input_strides[TM_MAX_RANK - 1u];
    if (part->run_bytes == 1u) {
        for (uint32_t i = 0; i < count; i++) {
            output[(ptrdiff_t)i * output_stride] = input[(ptrdiff_t)i * input_stride];
        }
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        (void)memcpy(output + (ptrdiff_t)i * output_stride, input + (ptrdiff_t)i * input_stride, part->run_bytes);
    }
}

static void tm_move_one(const tm_move_part *part, const tm_memory *memory)
{
    const uint8_t *input = (const uint8_t *)tm_read(memory, part->input) + part->input_start;
    uint8_t *output = (uint8_t *)tm_write(memory, part->output) + part->output_start;
    uint32_t index[TM_MAX_RANK] = {0u};

    for (;;) {
        tm_copy_runs(output, input, part);
        /* the next row: count the outer dimensions up like an odometer */
        uint32_t d = TM_MAX_RANK - 1u;
        for (; d > 0u; d--) {
            const uint32_t k = d - 1u;
            if (++index[k] < part->dims[k]) {
                output += part->output_strides[k];
                input += part->input_strides[k];
                break;
            }
            output -= (ptrdiff_t)(part->dims[k] - 1u) * part->output_strides[k];
            input -= (ptrdiff_t)(part->dims[k] - 1u) * part->input_strides[k];
            index[k] = 0u;
        }
        if (d == 0u) {
            return;
        }
    }
}

void tm_move_bytes(const tm_move *op, const tm_memory *memory)
{
    const tm_move_part *const parts = tm_read(memory, op->parts);
    for (uint32_t i = 0; i < op->parts.bytes / sizeof *parts; i++) {
        tm_move_one(&parts[i], memory);
    }
}
