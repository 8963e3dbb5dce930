#ifndef CHIP_FACTS_H
#define CHIP_FACTS_H

#define CHIP_ID          0x413u
#define PORT_INTERRUPTS  82 /* RM0090 table 62 */
#define PORT_USART_IRQ   38u

#endif /* CHIP_FACTS_H */
