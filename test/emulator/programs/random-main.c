/* Runs every block of a random program from several random states, and writes what each run left in the registers and
   in the buffer to standard output, in binary: 11 core registers, APSR, FPSCR, 32 single registers, a hash. */
#include <stdint.h>

extern void (*const blocks[])(void);
extern const uint32_t seeds[], first_state, state_count, double_precision;
extern uint32_t state[44], results[46], buffer[512];

/* Of the buffer, the part that blocks reach. */
#define FIRST 128
#define LAST 384
#define RECORDS 64

static uint32_t random_state;

static uint32_t next(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static const uint32_t special_words[16] = {
    0, 1, 2, 0xffffffff, 0xfffffffe, 0x7fffffff, 0x80000000, 0x7fff,
    0x8000, 0xffff, 0x10000, 0x80008000, 0x7f807f80, 0xff, 0x100, 0x7fff8000,
};
static const uint32_t special_floats[32] = {
    0x00000000, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7fc00000, 0x7f812345,
    0xffc54321, 0x00000001, 0x807fffff, 0x00800000, 0x7f7fffff, 0x4b000001, 0x33800000, 0x3effffff,
    0x42fe0000, 0x4f000000, 0xcf000000, 0x477ff000, 0x38800000, 0x007fffff, 0x80800001, 0xff7fffff,
    0x3f000000, 0xbf000000, 0x4b7fffff, 0xcf000001, 0x4effffff, 0x33000001, 0x0d800000, 0x5f000000,
};

static uint32_t word(void)
{
    uint32_t chosen = next();
    if ((chosen & 3) == 0) return special_words[(chosen >> 2) & 15];
    return (chosen & 3) == 1 ? (uint32_t)((int32_t)chosen >> 24) : next();
}

static uint32_t float_word(void)
{
    uint32_t chosen = next();
    if ((chosen & 3) == 0) return special_floats[(chosen >> 2) & 31];
    if ((chosen & 7) == 1) return next();
    /* Exponents near 1, where sums cancel and products stay finite. */
    return (chosen & 0x807fffff) | ((120 + ((chosen >> 23) & 15)) << 23);
}

static const uint32_t special_upper_words[16] = {
    0x00000000, 0x80000000, 0x3ff00000, 0xbff00000, 0x7ff00000, 0xfff00000, 0x7ff80000, 0x7ff12345,
    0xfff54321, 0x000fffff, 0x00100000, 0x7fefffff, 0x41e00000, 0xc1e00000, 0x43300000, 0x36900000,
};
static const uint32_t special_lower_words[4] = {0, 1, 0xffffffff, 0x80000000};

static void make_double(uint32_t *to)
{
    uint32_t chosen = next();
    to[0] = (chosen & 4) ? next() : special_lower_words[(chosen >> 3) & 3];
    if ((chosen & 3) == 0) to[1] = special_upper_words[(chosen >> 5) & 15];
    else if ((chosen & 7) == 1) to[1] = next();
    else to[1] = (chosen & 0x800fffff) | ((1016 + ((chosen >> 20) & 15)) << 20);
}

static void make_state(uint32_t seed)
{
    random_state = seed | 1;
    for (int i = 0; i < 8; i++) next();
    if (double_precision) {
        for (int i = 0; i < 32; i += 2) make_double(&state[i]);
    } else {
        for (int i = 0; i < 32; i++) state[i] = float_word();
    }
    /* Mostly the default; else rounding mode, flush to zero, default NaN. */
    uint32_t mode = next();
    state[32] = (mode & 1) ? 0 : mode & 0x03c00000;
    state[33] = next() & 0xf80f0000;
    for (int i = 34; i < 44; i++) state[i] = word();
    uint32_t filler = next();
    for (int i = FIRST; i < LAST; i++) buffer[i] = filler = filler * 1664525 + 1013904223;
}

static int semihosting(int operation, const void *argument)
{
    register int r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uint32_t out[RECORDS * 46];
static uint32_t pending;

static void flush(int handle)
{
    const uint32_t request[3] = {handle, (uint32_t)out, pending * sizeof out[0]};
    semihosting(0x05, request);
    pending = 0;
}

static void hang(void)
{
    for (;;);
}

void Reset_Handler(void)
{
    *(volatile uint32_t *)0xe000ed88 |= 0xf00000;
    __asm__ volatile("dsb\nisb");
    static const uint32_t console[3] = {(uint32_t) ":tt", 4, 3};
    int handle = semihosting(0x01, console);
    for (int b = 0; blocks[b]; b++) {
        for (uint32_t s = first_state; s < first_state + state_count; s++) {
            make_state(seeds[b] + s * 0x9e3779b9);
            blocks[b]();
            uint32_t hash = 2166136261u;
            for (int i = FIRST; i < LAST; i++) hash = (hash ^ buffer[i]) * 16777619;
            results[45] = hash;
            for (int i = 0; i < 46; i++) out[pending++] = results[i];
            if (pending == RECORDS * 46) flush(handle);
        }
    }
    flush(handle);
    semihosting(0x18, (const void *)0x20026);
    hang();
}

extern uint32_t __stack;
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    &__stack, Reset_Handler, hang, hang, hang, hang, hang, 0, 0, 0, 0, hang, hang, 0, hang, hang,
};
