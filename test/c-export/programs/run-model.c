/* Runs an exported model on each of the test's inputs and writes its outputs to standard output, in hexadecimal, a line an
   input. NAME is the project's; the inputs follow each other in `test_inputs`. Before all that it asks init for what it
   has to refuse. */
#include <string.h>

#include "run-model.h"

#define QUOTED(text) #text
#define HEADER_OF(name) QUOTED(name.h)
#include HEADER_OF(NAME)

#define JOIN(a, b) a##_##b
#define OF(name, part) JOIN(name, part)

extern const uint8_t test_inputs[];
extern const uint32_t test_input_count;

/* Guards behind the arena tell whether the model wrote over its end. */
enum { GUARD_BYTES = 64, GUARD = 0xa5 };

static _Alignas(16) uint8_t arena[ARENA_BYTES + GUARD_BYTES];
static char line[2 * OUTPUT_BYTES + 1];

static int refuses(OF(NAME, model) *model)
{
    return OF(NAME, init)(model, NULL, ARENA_BYTES) == NO_ARENA && OF(NAME, init)(model, arena + 2, ARENA_BYTES) == MISALIGNED &&
           OF(NAME, init)(model, arena, ARENA_BYTES - 1) == TOO_SMALL;
}

int main(void)
{
    OF(NAME, model) model;
    memset(arena, GUARD, sizeof arena);
    if (!refuses(&model) || OF(NAME, init)(&model, arena, ARENA_BYTES) != OK) {
        return 2;
    }
    const uint8_t *next = test_inputs;
    for (uint32_t i = 0; i < test_input_count; i++) {
        char *text = line;
#define INPUT(function, bytes)               \
    memcpy(function(&model), next, (bytes)); \
    next += (bytes);
        INPUTS
        OF(NAME, invoke)(&model);
#define OUTPUT(function, bytes)                                      \
    {                                                                \
        const uint8_t *const values = (const void *)function(&model); \
        for (uint32_t k = 0; k < (bytes); k++) {                     \
            *text++ = "0123456789abcdef"[values[k] >> 4];            \
            *text++ = "0123456789abcdef"[values[k] & 15];            \
        }                                                            \
    }
        OUTPUTS
        *text++ = '\n';
        print(line, (size_t)(text - line));
    }
    for (uint32_t i = ARENA_BYTES; i < sizeof arena; i++) {
        if (arena[i] != GUARD) {
            return 3;
        }
    }
    return 0;
}
