/* What the checks of every sort of record are made of. */
#ifndef TM_CHECK_STEPS_H
#define TM_CHECK_STEPS_H

#include <stdbool.h>

#include "tm_checks.h"

/* The first of a list of checks that fails decides. */
#define TM_REQUIRE(condition, status) \
    do {                              \
        if (!(condition)) {           \
            return TM_##status;       \
        }                             \
    } while (false)
#define TM_TRY(call)                    \
    do {                                \
        const tm_status status = (call); \
        if (status != TM_OK) {          \
            return status;              \
        }                               \
    } while (false)

/* An output lies in the arena and away from what the kernel still reads. */
static inline tm_status tm_check_output(const tm_memory *memory, tm_ref output, uint32_t alignment, uint32_t expected_bytes)
{
    TM_REQUIRE((output.offset & TM_CONSTANT) == 0u, BAD_REFERENCE);
    return tm_check_reference(memory, output, alignment, expected_bytes);
}

static inline bool tm_apart(tm_ref output, tm_ref input)
{
    return (input.offset & TM_CONSTANT) != 0u || output.offset + output.bytes <= input.offset ||
           input.offset + input.bytes <= output.offset;
}

/* The same place, or no byte in common: kernels that work in place read each value before they write over it. */
static inline bool tm_in_place_or_apart(tm_ref output, tm_ref input)
{
    return output.offset == input.offset || tm_apart(output, input);
}

static inline bool tm_is_int8(int32_t value) { return value >= INT8_MIN && value <= INT8_MAX; }

/* Minus a zero point. */
static inline bool tm_is_input_offset(int32_t value) { return value >= -INT8_MAX && value <= -INT8_MIN; }

static inline bool tm_is_clamp(int32_t low, int32_t high) { return tm_is_int8(low) && tm_is_int8(high) && low <= high; }

static inline bool tm_is_multiplier(int32_t multiplier, int32_t shift)
{
    return multiplier >= 0 && shift >= -31 && shift <= 31;
}

/* The farthest value that dimensions and strides reach lies inside `count` values. */
static inline bool tm_reaches_inside(const uint32_t *dims, const uint32_t *strides, uint32_t rank, uint32_t count)
{
    uint64_t farthest = 0u;
    for (uint32_t d = 0; d < rank; d++) {
        farthest += (uint64_t)(dims[d] - 1u) * strides[d];
        if (farthest >= count) {
            return false;
        }
    }
    return true;
}

#endif /* TM_CHECK_STEPS_H */
