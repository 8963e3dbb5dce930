/* What each op's record has to satisfy before its kernel may run: sizes that fit the dimensions, references inside
 * their memory, parameters inside the kernels' range. Everything is overflow-safe: the record may hold anything. */
#ifndef TM_CHECKS_H
#define TM_CHECKS_H

#include "thimble.h"

/* Bytes inside arena or constants, at a multiple of `alignment`, as many as expected (0 = the expectation overflowed). */
tm_status tm_check_reference(const tm_memory *memory, tm_ref ref, uint32_t alignment, uint32_t expected_bytes);
/* The product, or 0 where a factor is 0 or the product exceeds 31 bits. */
uint32_t tm_product(const uint32_t *factors, uint32_t count);

tm_status tm_check_conv_2d(const tm_conv_2d *op, const tm_memory *memory);
tm_status tm_check_depthwise_conv_2d(const tm_depthwise_conv_2d *op, const tm_memory *memory);
tm_status tm_check_fully_connected(const tm_fully_connected *op, const tm_memory *memory);
tm_status tm_check_add(const tm_add *op, const tm_memory *memory);
tm_status tm_check_sub(const tm_sub *op, const tm_memory *memory);
tm_status tm_check_mul(const tm_mul *op, const tm_memory *memory);
tm_status tm_check_minimum(const tm_minimum *op, const tm_memory *memory);
tm_status tm_check_maximum(const tm_maximum *op, const tm_memory *memory);
tm_status tm_check_prelu(const tm_prelu *op, const tm_memory *memory);
tm_status tm_check_lookup(const tm_lookup *op, const tm_memory *memory);
tm_status tm_check_average_pool_2d(const tm_average_pool_2d *op, const tm_memory *memory);
tm_status tm_check_max_pool_2d(const tm_max_pool_2d *op, const tm_memory *memory);
tm_status tm_check_mean(const tm_mean *op, const tm_memory *memory);
tm_status tm_check_softmax(const tm_softmax *op, const tm_memory *memory);
tm_status tm_check_copy(const tm_copy *op, const tm_memory *memory);
tm_status tm_check_requantize(const tm_requantize_op *op, const tm_memory *memory);
tm_status tm_check_quantize(const tm_quantize *op, const tm_memory *memory);
tm_status tm_check_dequantize(const tm_dequantize *op, const tm_memory *memory);
tm_status tm_check_pad(const tm_pad *op, const tm_memory *memory);
tm_status tm_check_move(const tm_move *op, const tm_memory *memory);
tm_status tm_check_generated(const tm_generated *op, const tm_memory *memory);

#endif /* TM_CHECKS_H */
