#include <stdbool.h>

#include "tm_check_steps.h"
#include "tm_checks.h"

/* Every run that starts and strides lead to lies inside `bytes`. dims: none 0, their product below 2^31. */
static bool tm_runs_inside(const tm_move_part *part, uint32_t start, const int32_t *strides, uint32_t bytes)
{
    int64_t lowest = start;
    int64_t highest = (int64_t)start + part->run_bytes;
    for (uint32_t d = 0; d < TM_MAX_RANK; d++) {
        const int64_t span = (int64_t)(part->dims[d] - 1u) * strides[d];
        lowest += span < 0 ? span : 0;
        highest += span < 0 ? 0 : span;
        if (lowest < 0 || highest > (int64_t)bytes) {
            return false;
        }
    }
    return true;
}

static tm_status tm_check_part(const tm_move *op, const tm_move_part *part, const tm_memory *memory)
{
    const uint32_t sizes[] = {tm_product(part->dims, TM_MAX_RANK), part->run_bytes};
    TM_TRY(tm_check_reference(memory, part->input, 1u, part->input.bytes));
    TM_TRY(tm_check_output(memory, part->output, 1u, part->output.bytes));
    /* no byte is written twice, so that a record can't ask for endless work */
    TM_REQUIRE(tm_product(sizes, 2u) != 0u && tm_product(sizes, 2u) <= part->output.bytes, BAD_SHAPE);
    TM_REQUIRE(tm_runs_inside(part, part->input_start, part->input_strides, part->input.bytes), BAD_SHAPE);
    TM_REQUIRE(tm_runs_inside(part, part->output_start, part->output_strides, part->output.bytes), BAD_SHAPE);
    TM_REQUIRE(tm_apart(part->output, part->input) && tm_apart(op->output, part->input), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_move(const tm_move *op, const tm_memory *memory)
{
    const uint32_t count = op->parts.bytes / (uint32_t)sizeof(tm_move_part);
    TM_TRY(tm_check_output(memory, op->output, 1u, op->output.bytes));
    TM_REQUIRE((op->parts.offset & TM_CONSTANT) != 0u, BAD_REFERENCE);
    TM_TRY(tm_check_reference(memory, op->parts, 4u, count * (uint32_t)sizeof(tm_move_part)));
    const tm_move_part *const parts =
        (const tm_move_part *)(const void *)(memory->constants + (op->parts.offset & ~TM_CONSTANT));
    for (uint32_t i = 0; i < count; i++) {
        TM_TRY(tm_check_part(op, &parts[i], memory));
    }
    return TM_OK;
}
