/* What the compiler calls by itself. Built with -fno-tree-loop-distribute-patterns, or it would make each of these
   a call of itself. */
#include <stdint.h>
#include <string.h>

void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if ((((uintptr_t)target | (uintptr_t)source) & 3u) == 0u) {
        for (; bytes >= 4u; bytes -= 4u) {
            *(uint32_t *)(void *)target = *(const uint32_t *)(const void *)source;
            target += 4;
            source += 4;
        }
    }
    for (; bytes != 0u; bytes--) {
        *target++ = *source++;
    }
    return to;
}

void *memset(void *to, int value, size_t bytes)
{
    uint8_t *target = to;
    const uint32_t word = 0x01010101u * (uint8_t)value;
    if (((uintptr_t)target & 3u) == 0u) {
        for (; bytes >= 4u; bytes -= 4u) {
            *(uint32_t *)(void *)target = word;
            target += 4;
        }
    }
    for (; bytes != 0u; bytes--) {
        *target++ = (uint8_t)value;
    }
    return to;
}
