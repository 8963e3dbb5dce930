/* What kernels are handed beside their op's record. */
#ifndef TM_MEMORY_H
#define TM_MEMORY_H

#include <stdint.h>

/* The two memories that references point into, and the machine code of generated kernels. */
typedef struct {
    const uint8_t *constants;
    uint32_t constant_bytes;
    const uint8_t *code;
    uint32_t code_bytes;
    uint8_t *arena;
    uint32_t arena_bytes; /* what the model uses of it */
} tm_memory;

#endif /* TM_MEMORY_H */
