#ifndef WAIT_H
#define WAIT_H

#include <stdbool.h>
#include <stdint.h>

/* Whether the register's bits in `mask` became `value`. The wait is bounded, because a dead crystal must not stop a
   board, and because QEMU models no ready bit at all. */
bool wait_for(volatile uint32_t *reg, uint32_t mask, uint32_t value);

#endif /* WAIT_H */
