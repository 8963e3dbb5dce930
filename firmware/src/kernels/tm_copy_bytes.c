#include <string.h>

#include "tm_kernels.h"

void tm_copy_bytes(const tm_copy *op, const tm_memory *memory)
{
    const void *const input = tm_read(memory, op->input);
    void *const output = tm_write(memory, op->output);
    if (input != output) {
        (void)memcpy(output, input, op->output.bytes);
    }
}
