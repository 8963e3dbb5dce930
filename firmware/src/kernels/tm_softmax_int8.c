/* Softmax in integers: exp in Q0.31 of differences in Q5.26, their sum in Q12.19, one reciprocal a row.
 * Source of steps and constants: gemmlowp's exp_on_negative_values and one_over_one_plus_x_for_x_in_0_1. */
#include "tm_fixed_point.h"
#include "tm_kernels.h"

enum { TM_SUM_INTEGER_BITS = 12, TM_OUTPUT_BITS = 8 };

/* exp(a) for a in [-1/4, 0), both Q0.31: a Taylor polynomial of degree 4 around -1/8. */
static int32_t tm_exp_last_quarter(int32_t a)
{
    const int32_t exp_minus_eighth = 1895147668;
    const int32_t one_third = 715827883;
    const int32_t x = tm_add_wrapping(a, INT32_C(1) << 28);
    const int32_t x2 = tm_doubling_high_mul(x, x);
    const int32_t x3 = tm_doubling_high_mul(x2, x);
    const int32_t quarter_x4 = tm_rounding_divide_by_pot(tm_doubling_high_mul(x2, x2), 2u);
    const int32_t thirds = tm_doubling_high_mul(tm_add_wrapping(quarter_x4, x3), one_third);
    const int32_t tail = tm_rounding_divide_by_pot(tm_add_wrapping(thirds, x2), 1u);
    return tm_add_wrapping(exp_minus_eighth, tm_doubling_high_mul(exp_minus_eighth, tm_add_wrapping(x, tail)));
}

/* exp(a) for a <= 0 in Q5.26; the result in Q0.31. */
static int32_t tm_exp(int32_t a)
{
    /* exp(-2^k) for k = -2 .. 4, in Q0.31: the factors that the bits of the remainder ask for */
    static const int32_t factors[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t one_quarter = INT32_C(1) << 24;
    if (a == 0) {
        return INT32_MAX;
    }
    const int32_t fraction = (a & (one_quarter - 1)) - one_quarter;
    const uint32_t remainder = (uint32_t)fraction - (uint32_t)a;
    int32_t result = tm_exp_last_quarter(tm_shift_left(fraction, 5u));
    for (uint32_t k = 0; k < 7u; k++) {
        if ((remainder & (UINT32_C(1) << (24u + k))) != 0u) {
            result = tm_doubling_high_mul(result, factors[k]);
        }
    }
    return result;
}

static int32_t tm_saturating_shift_left(int32_t x, uint32_t bits)
{
    const int32_t limit = (INT32_C(1) << (31u - bits)) - 1;
    return x > limit ? INT32_MAX : x < -limit ? INT32_MIN : tm_shift_left(x, bits);
}

/* 1 / (1 + a) in Q0.31 for a in [0, 1): three Newton-Raphson steps on half of the denominator. */
static int32_t tm_reciprocal(int32_t a)
{
    const int32_t forty_eight_seventeenths = 1515870810;        /* Q2.29 */
    const int32_t minus_thirty_two_seventeenths = -1010580540; /* Q2.29 */
    const int32_t one = INT32_C(1) << 29;                       /* Q2.29 */
    const int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
    int32_t x =
        tm_add_wrapping(forty_eight_seventeenths, tm_doubling_high_mul(half, minus_thirty_two_seventeenths));
    for (uint32_t step = 0; step < 3u; step++) {
        const int32_t error = tm_add_wrapping(one, -tm_doubling_high_mul(half, x));
        x = tm_add_wrapping(x, tm_saturating_shift_left(tm_doubling_high_mul(x, error), 2u));
    }
    return tm_saturating_shift_left(x, 1u);
}

/* exp(value - largest) in Q0.31, or -1 where the difference is too small to count. */
static int32_t tm_exp_of(const tm_softmax *op, int32_t value, int32_t largest)
{
    const int32_t difference = value - largest;
    if (difference < op->diff_min) {
        return -1;
    }
    return tm_exp(tm_doubling_high_mul(tm_shift_left(difference, op->input_left_shift), op->input_multiplier));
}

void tm_softmax_int8(const tm_softmax *op, const tm_memory *memory)
{
    const int8_t *input = tm_read(memory, op->input);
    int8_t *output = tm_write(memory, op->output);

    for (uint32_t row = 0; row < op->rows; row++) {
        int32_t largest = INT8_MIN;
        for (uint32_t i = 0; i < op->depth; i++) {
            largest = input[i] > largest ? input[i] : largest;
        }
        uint32_t sum = 0u;
        for (uint32_t i = 0; i < op->depth; i++) {
            const int32_t exponential = tm_exp_of(op, input[i], largest);
            if (exponential >= 0) {
                sum += (uint32_t)tm_rounding_divide_by_pot(exponential, TM_SUM_INTEGER_BITS);
            }
        }
        /* The largest value itself adds 2^19, so the sum is never 0. */
        const uint32_t headroom = (uint32_t)__builtin_clz(sum);
        const int32_t scale = tm_reciprocal((int32_t)((sum << headroom) - (UINT32_C(1) << 31)));
        const uint32_t shift = TM_SUM_INTEGER_BITS - headroom + 31u - TM_OUTPUT_BITS;
        for (uint32_t i = 0; i < op->depth; i++) {
            const int32_t exponential = tm_exp_of(op, input[i], largest);
            /* A shift beyond 31, in rows of more than 512 near-equal values, leaves nothing. */
            const int32_t part = exponential < 0 || shift > 31u
                                     ? 0
                                     : tm_rounding_divide_by_pot(tm_doubling_high_mul(scale, exponential), shift);
            output[i] = tm_clamp(part + INT8_MIN, INT8_MIN, INT8_MAX);
        }
        input += op->depth;
        output += op->depth;
    }
}
