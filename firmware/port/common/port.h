#ifndef PORT_H
#define PORT_H

#include <stdint.h>

/* Starts the cycle counter and fills tm_port_facts. */
void port_facts_collect(uint32_t clock_source, uint32_t clock_hz, uint32_t ccm_bytes);

#endif /* PORT_H */
