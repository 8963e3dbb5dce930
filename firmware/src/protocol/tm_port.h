/* What the protocol asks of a board. Each port has these once. */
#ifndef TM_PORT_H
#define TM_PORT_H

#include <stdbool.h>

#include "tm_link.h"

/* Filled by the port at start. */
extern tm_link_hello tm_port_facts;

/* The model's region in flash and the arena, as the linker script places them. */
const void *tm_port_model(void);
void *tm_port_arena(void);

/* Around a run of the model: keeps periodic interrupts out of it. */
void tm_port_run_begin(void);
void tm_port_run_end(void);

/* The low 32 bits of a cycle counter; anything when tm_port_facts.cycle_counter is 0. */
uint32_t tm_port_cycles(void);

/* Leaves a value for whoever traces the core; costs one store. */
void tm_port_mark(uint32_t value);

#endif /* TM_PORT_H */
