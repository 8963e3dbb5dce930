/* TFLite's integer arithmetic in its double-rounding form (gemmlowp's fixed point), bit for bit.
 * Left shifts and sums wrap at 32 bits: they are taken unsigned, where C defines that. */
#ifndef TM_FIXED_POINT_H
#define TM_FIXED_POINT_H

#include <stdint.h>

static inline int32_t tm_add_wrapping(int32_t a, int32_t b) { return (int32_t)((uint32_t)a + (uint32_t)b); }

static inline int32_t tm_sub_wrapping(int32_t a, int32_t b) { return (int32_t)((uint32_t)a - (uint32_t)b); }

static inline int32_t tm_shift_left(int32_t x, uint32_t bits) { return (int32_t)((uint32_t)x << bits); }

/* High 32 bits of 2ab, rounded. gemmlowp adds 2^30 to a product >= 0 and 1 - 2^30 to a negative one, then divides by
 * 2^31 towards zero: both are floor((ab + 2^30) / 2^31). It saturates where a = b = -2^31. */
static inline int32_t tm_doubling_high_mul(int32_t a, int32_t b)
{
    if (a == INT32_MIN && b == INT32_MIN) {
        return INT32_MAX;
    }
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* x / 2^exponent, to nearest, ties away from zero; exponent 0..31. */
static inline int32_t tm_rounding_divide_by_pot(int32_t x, uint32_t exponent)
{
    const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1u);
    const int32_t threshold = (mask >> 1) + (x < 0 ? 1 : 0);
    return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/* x * multiplier * 2^(shift - 31); multiplier >= 0, shift -31..31. */
static inline int32_t tm_requantize(int32_t x, int32_t multiplier, int32_t shift)
{
    const uint32_t left = shift > 0 ? (uint32_t)shift : 0u;
    const uint32_t right = shift > 0 ? 0u : (uint32_t)-shift;
    /* multiplier >= 0: the saturating case of tm_doubling_high_mul can't occur */
    const int64_t product = (int64_t)tm_shift_left(x, left) * multiplier;
    return tm_rounding_divide_by_pot((int32_t)((product + (INT64_C(1) << 30)) >> 31), right);
}

/* The same of a value with `left_shift` bits of head room put below it, as ADD and SUB take their inputs. */
static inline int32_t tm_rescale_left(int32_t x, uint32_t left_shift, int32_t multiplier, int32_t shift)
{
    return tm_requantize(tm_shift_left(x, left_shift), multiplier, shift);
}

static inline int8_t tm_clamp(int32_t x, int32_t low, int32_t high)
{
    return (int8_t)(x < low ? low : x > high ? high : x);
}

#endif /* TM_FIXED_POINT_H */
