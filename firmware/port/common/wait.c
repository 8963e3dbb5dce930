#include "wait.h"

/* Longer than a crystal takes to start (some ms) at the 16 or 64 MHz that a core runs at after reset. */
#define WAIT_TURNS 200000u

bool wait_for(volatile uint32_t *reg, uint32_t mask, uint32_t value)
{
    for (uint32_t turn = 0u; turn < WAIT_TURNS; turn++) {
        if ((*reg & mask) == value) {
            return true;
        }
    }
    return false;
}
