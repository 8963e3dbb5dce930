#ifndef FAULT_H
#define FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_image.h"

extern tm_fault_record tm_fault;

/* Gives every kind of fault its own exception: a stack that overflows then still ends in a record and not in a lockup,
 * which is what a second fault at HardFault's priority is. */
void faults_enable(void);

/* Whether memory answers at this address; a bus error there is caught. The word keeps its value. */
bool memory_answers(volatile uint32_t *address);

/* Vectors */
void tm_bus_fault(void);
void tm_any_fault(void);

#endif /* FAULT_H */
