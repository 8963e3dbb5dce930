#include <string.h>

#include "tm_kernels.h"

/* The packer has found which row and which column each one of the output repeats. */
void tm_resize_pixels(const tm_resize *op, const tm_memory *memory)
{
    const uint8_t *image = tm_read(memory, op->input);
    uint8_t *output = tm_write(memory, op->output);
    const uint16_t *const rows = tm_read(memory, op->rows);
    const uint16_t *const columns = tm_read(memory, op->columns);
    const uint32_t row_bytes = op->input_width * op->pixel_bytes;

    for (uint32_t batch = 0; batch < op->batches; batch++) {
        for (uint32_t y = 0; y < op->rows.bytes / sizeof *rows; y++) {
            const uint8_t *const row = image + rows[y] * row_bytes;
            for (uint32_t x = 0; x < op->columns.bytes / sizeof *columns; x++) {
                (void)memcpy(output, row + columns[x] * op->pixel_bytes, op->pixel_bytes);
                output += op->pixel_bytes;
            }
        }
        image += op->input_height * row_bytes;
    }
}
