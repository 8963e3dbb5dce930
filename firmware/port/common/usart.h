#ifndef USART_H
#define USART_H

#include <stdint.h>

#include "tm_stream.h"

/* The USART of PORT_USART_*, 115200 8N1. */
extern const tm_stream usart_stream;

void usart_start(uint32_t apb1_hz);

/* Vector */
void tm_usart(void);

#endif /* USART_H */
