#ifndef USART_H
#define USART_H

#include <stdint.h>

#include "tm_stream.h"

/* USART2 on PA2 (out) and PA3 (in), 115200 8N1. */
extern const tm_stream usart_stream;

void usart_start(uint32_t apb1_hz);

/* Vector */
void tm_usart2(void);

#endif /* USART_H */
