/* Text on a stream, without a formatted print's code and buffers. */
#ifndef TM_TEXT_H
#define TM_TEXT_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_stream.h"

void tm_text_put(const tm_stream *stream, const char *text);
void tm_text_put_unsigned(const tm_stream *stream, uint64_t value);
/* Two lower-case hexadecimal digits. */
void tm_text_put_hex(const tm_stream *stream, uint8_t value);
/* With TM_MLPERF_DECIMALS decimals, the nearest such number and, of two, the one that is farther from zero; `nan`; what
 * has no place in 32 bits before the point is `inf`. */
void tm_text_put_fixed(const tm_stream *stream, float value);

/* A decimal number of at most `limit`; returns whether the whole text is one. */
bool tm_text_read_unsigned(const char *text, uint32_t limit, uint32_t *value);
/* 0 to 15, or 16 where it is no hexadecimal digit. */
uint32_t tm_text_read_hex(char digit);
bool tm_text_equal(const char *one, const char *other);
/* The next word of a line, whose spaces become ends; "" behind the last. Moves `at` behind it. */
const char *tm_text_next_word(char **at);

#endif /* TM_TEXT_H */
