#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_image.h"

extern tm_fault_record tm_fault;

/* Whether memory answers at this address; a bus error there is caught. The word keeps its value. */
bool memory_answers(volatile uint32_t *address);

/* Vectors */
void tm_bus_fault(void);
void tm_any_fault(void);

#endif /* FAULT_H */
