/* Speed: a fully connected int8 layer in plain C with weights in flash, and a branchy loop: what kernels look like
   before anybody optimised them. */
#include <stdint.h>

static const int8_t weights[64 * 128] = {[0] = 3, [77] = -5, [8000] = 9};
static int8_t input[128];
static int8_t output[64];

static void layer(void)
{
    for (int row = 0; row < 64; row++) {
        int32_t sum = row;
        for (int i = 0; i < 128; i++) sum += ((int32_t)input[i] + 3) * weights[row * 128 + i];
        sum >>= 4;
        output[row] = (int8_t)(sum > 127 ? 127 : sum < -128 ? -128 : sum);
    }
}

static uint32_t collatz(uint32_t n)
{
    uint32_t steps = 0;
    while (n != 1) {
        n = (n & 1) ? 3 * n + 1 : n >> 1;
        steps++;
    }
    return steps;
}

int main(void)
{
    volatile uint32_t sink = 0;
    for (int pass = 0; pass < 200; pass++) {
        for (int i = 0; i < 128; i++) input[i] = (int8_t)(i * 7 + pass);
        layer();
        sink += (uint8_t)output[pass & 63];
    }
    for (uint32_t n = 1; n < 20000; n++) sink += collatz(n);
    return 0;
}
