#ifndef USART_H
#define USART_H

#include <stdbool.h>
#include <stdint.h>

#include "tm_stream.h"

/* The USART of PORT_USART_*, 8N1, at 115200 baud until a host asks for another rate. */
extern const tm_stream usart_stream;

void usart_start(uint32_t apb1_hz);

/* A millisecond has passed. */
void usart_tick(void);

/* Nothing has come for so long that the rest of a frame will not. */
bool usart_is_quiet(void);

/* Goes back to 115200 baud when the host is not at the rate that it asked for. To be called again and again with the
 * number of whole frames and commands so far. */
void usart_tend(uint32_t whole);

/* While a model runs no byte interrupts it. What a host sends then is lost but for the last byte. */
void usart_hold(bool hold);

/* Vector */
void tm_usart(void);

#endif /* USART_H */
