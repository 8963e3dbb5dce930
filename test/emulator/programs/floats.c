/* Single precision in the FPU, double precision in software, the maths library and printf of floats. */
#include <math.h>
#include <stdio.h>
#include <string.h>

static unsigned bits(float x)
{
    unsigned u;
    memcpy(&u, &x, 4);
    return u;
}

int main(void)
{
    float sum = 0;
    for (int i = -20; i < 40; i++) {
        float x = (float)i * 0.37f + 0.01f, y = expf(x * 0.1f);
        sum += x * y - x / (y + 1.0f);
        printf("%g %g %08x %08x\n", (double)x, (double)y, bits(sum), bits(sqrtf(fabsf(x))));
        printf("%d %u %d\n", (int)(x * 1000), (unsigned)fabsf(x * 1e6f), (int)lrintf(x));
        printf("%.9e %.9e %.9e\n", (double)sinf(x), (double)logf(y), (double)powf(y, 1.5f));
        printf("%08x %08x\n", bits(fmaf(x, y, sum)), bits(tanhf(x)));
    }
    double total = 1;
    for (int i = 1; i < 60; i++) {
        total = total * 1.7 - i / 3.0 + sin(i) * cos(total);
        printf("%.17g %f %e\n", total, atan2(total, i), sqrt(fabs(total)));
    }
    volatile float zero = 0, big = 3e38f;
    printf("%f %f %f %d\n", (double)(1 / zero), (double)(zero / zero), (double)(big * 10), (float)0.1 < 0.1);
    printf("%d %d %d\n", (int)(big), zero / zero == zero / zero, zero == -zero);
    return 0;
}
