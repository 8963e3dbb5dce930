/* What each chip brings to the common part of the port. registers.h names its registers, among them PORT_USART_*. */
#ifndef CHIP_H
#define CHIP_H

#include <stdint.h>

#include "chip_facts.h"
#include "registers.h"

typedef struct {
    uint8_t *stack_top;   /* for the command loop */
    uint32_t ccm_bytes;   /* memory coupled to the core that was found */
} chip_memory;

/* Right after memory has been set up, on the clock of reset. */
void chip_start(void);

chip_memory chip_memory_start(void);

/* Clocks and pins of PORT_USART_*. */
void chip_usart_pins(void);

#endif /* CHIP_H */
