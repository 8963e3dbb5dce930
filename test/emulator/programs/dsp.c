/* DSP intrinsics of the Arm C language extensions. */
#include <arm_acle.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>

static uint32_t state = 99;
static uint32_t next(void)
{
    state = state * 1664525u + 1013904223u;
    return state ^ (state >> 15);
}

int main(void)
{
    for (int i = 0; i < 60; i++) {
        int32_t a = (int32_t)next(), b = (int32_t)next(), c = (int32_t)next() >> 8;
        printf("%08" PRIx32 " %08" PRIx32 " %08" PRIx32 "\n", (uint32_t)__smlad(a, b, c), (uint32_t)__smladx(a, b, c),
               (uint32_t)__smlsd(a, b, c));
        printf("%08" PRIx32 " %08" PRIx32 "\n", (uint32_t)__smuad(a, b), (uint32_t)__smusdx(a, b));
        uint64_t sum = (uint64_t)__smlald(a, b, c), difference = (uint64_t)__smlsldx(a, b, c);
        printf("%08" PRIx32 "%08" PRIx32 "\n", (uint32_t)(sum >> 32), (uint32_t)sum);
        printf("%08" PRIx32 "%08" PRIx32 "\n", (uint32_t)(difference >> 32), (uint32_t)difference);
        printf("%08" PRIx32 " %08" PRIx32 " %08" PRIx32 "\n", (uint32_t)__sadd16(a, b), (uint32_t)__qsub8(a, b),
               (uint32_t)__uhadd16((uint32_t)a, (uint32_t)b));
        uint32_t greater = __usub8((uint32_t)a, (uint32_t)b);
        printf("%08" PRIx32 " %08" PRIx32 "\n", greater, __sel((uint32_t)a, (uint32_t)b));
        printf("%d %d %d\n", __ssat(a, 12), (int)__usat(a >> 4, 9), __qadd(a, b));
        printf("%d %d %d\n", __smlabb(a, b, 0), __smlawt(a, b, c), __smlatb(a, b, c));
        printf("%08" PRIx32 " %08" PRIx32 "\n", (uint32_t)__sxtab16(a, b), __uxtb16((uint32_t)a));
        printf("%08" PRIx32 " %04x\n", __builtin_bswap32((uint32_t)a), __builtin_bswap16((uint16_t)b));
    }
    return 0;
}
