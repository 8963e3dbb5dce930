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

#endif /* TM_CHECK_STEPS_H */
