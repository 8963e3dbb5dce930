#include <stddef.h>

#include "tm_check_steps.h"
#include "tm_checks.h"

/* What all ops of two tensors share. An output may lie where the first input does: each value is read before it is written. */
static tm_status tm_check_broadcast(const tm_memory *memory, tm_ref output, tm_ref input1, tm_ref input2,
                                    const uint32_t *dims, const uint32_t *strides1, const uint32_t *strides2)
{
    TM_TRY(tm_check_output(memory, output, 1u, tm_product(dims, TM_MAX_RANK)));
    TM_TRY(tm_check_reference(memory, input1, 1u, input1.bytes));
    TM_TRY(tm_check_reference(memory, input2, 1u, input2.bytes));
    TM_REQUIRE(tm_reaches_inside(dims, strides1, TM_MAX_RANK, input1.bytes), BAD_SHAPE);
    TM_REQUIRE(tm_reaches_inside(dims, strides2, TM_MAX_RANK, input2.bytes), BAD_SHAPE);
    TM_REQUIRE(tm_in_place_or_apart(output, input1) && tm_apart(output, input2), BAD_OVERLAP);
    return TM_OK;
}

tm_status tm_check_add(const tm_add *op, const tm_memory *memory)
{
    TM_TRY(tm_check_broadcast(memory, op->output, op->input1, op->input2, op->dims, op->strides1, op->strides2));
    TM_REQUIRE(tm_is_input_offset(op->input1_offset) && tm_is_input_offset(op->input2_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_int8(op->output_offset) && op->left_shift <= 31u, BAD_PARAMETER);
    TM_REQUIRE(tm_is_multiplier(op->input1_multiplier, op->input1_shift), BAD_PARAMETER);
    TM_REQUIRE(tm_is_multiplier(op->input2_multiplier, op->input2_shift), BAD_PARAMETER);
    TM_REQUIRE(tm_is_multiplier(op->output_multiplier, op->output_shift), BAD_PARAMETER);
    TM_REQUIRE(tm_is_clamp(op->activation_min, op->activation_max), BAD_PARAMETER);
    return TM_OK;
}

/* The table gives sum and difference the same fields. */
_Static_assert(sizeof(tm_add) == sizeof(tm_sub) && offsetof(tm_add, activation_max) == offsetof(tm_sub, activation_max),
               "records of ADD and SUB differ");

tm_status tm_check_sub(const tm_sub *op, const tm_memory *memory)
{
    return tm_check_add((const tm_add *)(const void *)op, memory);
}

tm_status tm_check_mul(const tm_mul *op, const tm_memory *memory)
{
    TM_TRY(tm_check_broadcast(memory, op->output, op->input1, op->input2, op->dims, op->strides1, op->strides2));
    TM_REQUIRE(tm_is_input_offset(op->input1_offset) && tm_is_input_offset(op->input2_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_int8(op->output_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_multiplier(op->output_multiplier, op->output_shift), BAD_PARAMETER);
    TM_REQUIRE(tm_is_clamp(op->activation_min, op->activation_max), BAD_PARAMETER);
    return TM_OK;
}

tm_status tm_check_minimum(const tm_minimum *op, const tm_memory *memory)
{
    return tm_check_broadcast(memory, op->output, op->input1, op->input2, op->dims, op->strides1, op->strides2);
}

tm_status tm_check_maximum(const tm_maximum *op, const tm_memory *memory)
{
    return tm_check_broadcast(memory, op->output, op->input1, op->input2, op->dims, op->strides1, op->strides2);
}

tm_status tm_check_prelu(const tm_prelu *op, const tm_memory *memory)
{
    TM_TRY(tm_check_broadcast(memory, op->output, op->input1, op->input2, op->dims, op->strides1, op->strides2));
    TM_REQUIRE(tm_is_input_offset(op->input1_offset) && tm_is_input_offset(op->input2_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_int8(op->output_offset), BAD_PARAMETER);
    TM_REQUIRE(tm_is_multiplier(op->identity_multiplier, op->identity_shift), BAD_PARAMETER);
    TM_REQUIRE(tm_is_multiplier(op->slope_multiplier, op->slope_shift), BAD_PARAMETER);
    return TM_OK;
}

/* One entry for each int8. */
enum { TM_TABLE_BYTES = 256 };

tm_status tm_check_lookup(const tm_lookup *op, const tm_memory *memory)
{
    TM_TRY(tm_check_reference(memory, op->input, 1u, op->output.bytes));
    TM_TRY(tm_check_output(memory, op->output, 1u, op->input.bytes));
    TM_REQUIRE((op->table.offset & TM_CONSTANT) != 0u, BAD_REFERENCE);
    TM_TRY(tm_check_reference(memory, op->table, 1u, TM_TABLE_BYTES));
    TM_REQUIRE(tm_in_place_or_apart(op->output, op->input), BAD_OVERLAP);
    return TM_OK;
}
