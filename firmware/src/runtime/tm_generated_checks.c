#include <stdbool.h>

#include "tm_check_steps.h"
#include "tm_checks.h"

/* What the kernels rely on: all that they are given starts at a word. */
enum { TM_KERNEL_ALIGNMENT = 4 };

static bool tm_is_entry(const tm_memory *memory, uint32_t entry)
{
    return entry % (uint32_t)TM_KERNEL_ALIGNMENT == 0u && entry < memory->code_bytes;
}

static tm_status tm_check_kernel_constants(const tm_memory *memory, tm_ref constants)
{
    if (constants.bytes == 0u) {
        TM_REQUIRE(constants.offset == 0u, BAD_REFERENCE);
        return TM_OK;
    }
    TM_REQUIRE((constants.offset & TM_CONSTANT) != 0u, BAD_REFERENCE);
    return tm_check_reference(memory, constants, TM_KERNEL_ALIGNMENT, constants.bytes);
}

/* How far the code reaches is for its maker to prove: here its operands are inside their memories, and do not mix. */
tm_status tm_check_generated(const tm_generated *op, const tm_memory *memory)
{
    TM_REQUIRE(tm_is_entry(memory, op->entry), BAD_REFERENCE);
    TM_TRY(tm_check_reference(memory, op->input, TM_KERNEL_ALIGNMENT, op->input.bytes));
    TM_TRY(tm_check_output(memory, op->output, TM_KERNEL_ALIGNMENT, op->output.bytes));
    TM_TRY(tm_check_kernel_constants(memory, op->constants));
    TM_REQUIRE(tm_in_place_or_apart(op->output, op->input), BAD_OVERLAP);
    if (op->second.bytes == 0u) {
        TM_REQUIRE(op->second.offset == 0u, BAD_REFERENCE);
        return TM_OK;
    }
    TM_TRY(tm_check_output(memory, op->second, TM_KERNEL_ALIGNMENT, op->second.bytes));
    TM_REQUIRE(tm_apart(op->output, op->second), BAD_OVERLAP);
    return TM_OK;
}
