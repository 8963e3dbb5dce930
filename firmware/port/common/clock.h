#ifndef CLOCK_H
#define CLOCK_H

#include <stdint.h>

typedef struct {
    uint32_t source;   /* TM_CLOCK_* */
    uint32_t core_hz;
    uint32_t apb1_hz;
} clock_tree;

/* As fast as this board gets: from the crystal, else from the internal oscillator, else that one bare. */
clock_tree clock_start(void);

#endif /* CLOCK_H */
