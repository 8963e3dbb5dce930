#ifndef CHIP_FACTS_H
#define CHIP_FACTS_H

#define CHIP_ID          0x449u
#define PORT_INTERRUPTS  98 /* RM0385 table 46 */
#define PORT_USART_IRQ   39u

#endif /* CHIP_FACTS_H */
