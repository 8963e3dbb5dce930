#include "tm_kernels.h"

/* As AAPCS has it: r0 input, r1 output, r2 scratch or the second input, r3 constants. */
typedef void tm_kernel(const void *input, void *output, void *second, const void *constants);

/* Bit 0 of an address that is called says Thumb. */
static tm_kernel *tm_kernel_at(const tm_memory *memory, uint32_t entry)
{
    return (tm_kernel *)((uintptr_t)(memory->code + entry) | 1u);
}

void tm_run_generated(const tm_generated *op, const tm_memory *memory)
{
    tm_kernel_at(memory, op->entry)(tm_read(memory, op->input), tm_write(memory, op->output),
                                    tm_write(memory, op->second), tm_read(memory, op->constants));
}
