/* The inner loop of the matrix kernels: sums of (x + offset) * w over contiguous int8. Four outputs share each x they
 * load. Sums are unsigned so that a damaged model can only wrap: the packer proves that a whole one never does. */
#ifndef TM_DOT_H
#define TM_DOT_H

#include <stdint.h>

#include "tm_fixed_point.h"

enum { TM_DOT_BLOCK = 4 };

/* Adds to acc[0..3] the products with the rows w, w + stride, w + 2 stride, w + 3 stride. */
static inline void tm_dot_block(const int8_t *x, const int8_t *w, uint32_t stride, uint32_t length, int32_t offset,
                                uint32_t acc[TM_DOT_BLOCK])
{
    const int8_t *const w1 = w + stride;
    const int8_t *const w2 = w1 + stride;
    const int8_t *const w3 = w2 + stride;
    uint32_t acc0 = acc[0];
    uint32_t acc1 = acc[1];
    uint32_t acc2 = acc[2];
    uint32_t acc3 = acc[3];
    for (uint32_t i = 0; i < length; i++) {
        const int32_t value = x[i] + offset;
        acc0 += (uint32_t)(value * w[i]);
        acc1 += (uint32_t)(value * w1[i]);
        acc2 += (uint32_t)(value * w2[i]);
        acc3 += (uint32_t)(value * w3[i]);
    }
    acc[0] = acc0;
    acc[1] = acc1;
    acc[2] = acc2;
    acc[3] = acc3;
}

static inline uint32_t tm_dot(const int8_t *x, const int8_t *w, uint32_t length, int32_t offset, uint32_t acc)
{
    for (uint32_t i = 0; i < length; i++) {
        acc += (uint32_t)((x[i] + offset) * w[i]);
    }
    return acc;
}

/* What turns an accumulator into an output value. scale_step is 0 where one multiplier serves all channels. */
typedef struct {
    const int32_t *bias;
    const int32_t *multiplier;
    const int8_t *shift;
    uint32_t scale_step;
    int32_t offset;
    int32_t low;
    int32_t high;
} tm_scaling;

static inline int8_t tm_scale(const tm_scaling *s, uint32_t channel, uint32_t acc)
{
    const uint32_t at = channel * s->scale_step;
    const int32_t sum = (int32_t)(acc + (uint32_t)s->bias[channel]);
    return tm_clamp(tm_add_wrapping(tm_requantize(sum, s->multiplier[at], s->shift[at]), s->offset), s->low, s->high);
}

#endif /* TM_DOT_H */
