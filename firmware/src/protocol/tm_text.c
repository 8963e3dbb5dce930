#include "tm_text.h"

#include <string.h>

#include "tm_mlperf_tasks.h"

enum { MAX_DIGITS = 20 };

_Static_assert(TM_MLPERF_DECIMALS == 6u, "MILLIONTHS has as many zeros");
#define MILLIONTHS 1000000u

void tm_text_put(const tm_stream *stream, const char *text)
{
    uint32_t bytes = 0u;
    while (text[bytes] != '\0') {
        bytes++;
    }
    stream->write((const uint8_t *)text, bytes);
}

static void put_digits(const tm_stream *stream, uint64_t value, uint32_t fewest)
{
    uint8_t digits[MAX_DIGITS];
    uint32_t first = MAX_DIGITS;
    while (first > 0u && (value != 0u || MAX_DIGITS - first < fewest)) {
        first--;
        digits[first] = (uint8_t)('0' + (uint32_t)(value % 10u));
        value /= 10u;
    }
    stream->write(&digits[first], MAX_DIGITS - first);
}

void tm_text_put_unsigned(const tm_stream *stream, uint64_t value) { put_digits(stream, value, 1u); }

void tm_text_put_hex(const tm_stream *stream, uint8_t value)
{
    static const char digits[] = "0123456789abcdef";
    const uint8_t pair[] = { (uint8_t)digits[value >> 4], (uint8_t)digits[value & 15u] };
    stream->write(pair, sizeof pair);
}

/* A float is mantissa * 2^exponent: times a million and shifted, it is rounded once, without a float's own rounding. */
void tm_text_put_fixed(const tm_stream *stream, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    const uint32_t biased = (bits >> 23) & 0xFFu;
    const uint32_t fraction = bits & 0x7FFFFFu;
    if (biased == 0xFFu && fraction != 0u) {
        tm_text_put(stream, "nan");
        return;
    }
    if ((bits >> 31) != 0u) {
        tm_text_put(stream, "-");
    }
    if (biased >= 127u + 32u) {
        tm_text_put(stream, "inf");
        return;
    }
    const uint64_t product = (uint64_t)(biased == 0u ? fraction : fraction | 0x800000u) * MILLIONTHS;
    const int32_t exponent = (int32_t)(biased == 0u ? 1u : biased) - 150;
    uint64_t millionths = 0u;
    if (exponent >= 0) {
        millionths = product << (uint32_t)exponent;
    } else if (exponent > -64) {
        millionths = (product + ((uint64_t)1u << (uint32_t)(-exponent - 1))) >> (uint32_t)-exponent;
    }
    tm_text_put_unsigned(stream, millionths / MILLIONTHS);
    tm_text_put(stream, ".");
    put_digits(stream, millionths % MILLIONTHS, TM_MLPERF_DECIMALS);
}

bool tm_text_read_unsigned(const char *text, uint32_t limit, uint32_t *value)
{
    uint64_t number = 0u;
    for (const char *at = text; *at != '\0'; at++) {
        if (*at < '0' || *at > '9') {
            return false;
        }
        number = number * 10u + (uint32_t)(*at - '0');
        if (number > limit) {
            return false;
        }
    }
    *value = (uint32_t)number;
    return *text != '\0';
}

uint32_t tm_text_read_hex(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return (uint32_t)(digit - '0');
    }
    if (digit >= 'a' && digit <= 'f') {
        return (uint32_t)(digit - 'a') + 10u;
    }
    return digit >= 'A' && digit <= 'F' ? (uint32_t)(digit - 'A') + 10u : 16u;
}

bool tm_text_equal(const char *one, const char *other)
{
    while (*one != '\0' && *one == *other) {
        one++;
        other++;
    }
    return *one == *other;
}

const char *tm_text_next_word(char **at)
{
    while (**at == ' ') {
        (*at)++;
    }
    const char *const word = *at;
    while (**at != ' ' && **at != '\0') {
        (*at)++;
    }
    if (**at == ' ') {
        **at = '\0';
        (*at)++;
    }
    return word;
}
