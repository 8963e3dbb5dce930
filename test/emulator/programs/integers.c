/* Integer arithmetic: 64-bit, division, shifts, switch tables, recursion, sorting. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t state = 12345;
static uint32_t next(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

/* This newlib's printf knows no 64-bit conversions. */
static void print64(uint64_t x)
{
    printf("%08" PRIx32 "%08" PRIx32 "\n", (uint32_t)(x >> 32), (uint32_t)x);
}

static const char *name_of(int n)
{
    switch (n) {
    case 0: return "zero";
    case 1: return "one";
    case 2: return "two";
    case 3: return "three";
    case 4: return "four";
    case 5: return "five";
    case 6: return "six";
    case 7: return "seven";
    default: return "many";
    }
}

static int weigh(int n, int x)
{
    switch (n % 11) {
    case 0: return x + 1;
    case 1: return x * 3;
    case 2: return x - 7;
    case 3: return x ^ 0x55;
    case 4: return x << 2;
    case 5: return x >> 1;
    case 6: return -x;
    case 7: return ~x;
    case 8: return x / 3;
    case 9: return x % 17;
    default: return x * x;
    }
}

static uint32_t ackermann(uint32_t m, uint32_t n)
{
    return m == 0 ? n + 1 : n == 0 ? ackermann(m - 1, 1) : ackermann(m - 1, ackermann(m, n - 1));
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    for (int i = 0; i < 40; i++) {
        int64_t a = (int64_t)((uint64_t)next() << 32 | next()), b = (int32_t)next() >> (next() & 31);
        uint64_t u = (uint64_t)a, v = (uint64_t)next() >> (next() & 31);
        if (b == 0) b = 1;
        if (v == 0) v = 1;
        print64((uint64_t)a * (uint64_t)b);
        print64((uint64_t)(a / b));
        print64((uint64_t)(a % b));
        print64(u / v);
        print64(u % v);
        print64(u << (i & 63));
        print64(u >> (i & 63));
        print64((uint64_t)(a >> (i & 63)));
        int32_t s = (int32_t)next(), t = (int32_t)next() >> (next() & 31);
        if (t == 0) t = -1;
        printf("%" PRId32 " %" PRId32 " %" PRIu32 " %" PRIu32 "\n", s / t, s % t, (uint32_t)s / (uint32_t)t,
               (uint32_t)s % (uint32_t)t);
        printf("%s %d\n", name_of(i % 9), weigh(i, s >> 16));
        printf("%d %d %d\n", __builtin_clz((uint32_t)s | 1), __builtin_ctz((uint32_t)s | 0x80000000u),
               __builtin_popcount((uint32_t)s));
    }
    printf("%" PRIu32 "\n", ackermann(2, 9));
    static int32_t values[300];
    for (int i = 0; i < 300; i++) values[i] = (int32_t)next();
    qsort(values, 300, sizeof values[0], by_value);
    uint32_t hash = 0;
    for (int i = 0; i < 300; i++) hash = hash * 31 + (uint32_t)values[i];
    printf("%08" PRIx32 " %d\n", hash, values[0] <= values[150] && values[150] <= values[299]);
    return 3;
}
