#ifndef CHIP_FACTS_H
#define CHIP_FACTS_H

#define CHIP_ID          0x450u
/* Of 150 (RM0433 table 148): the image header stands behind these, and none of the others is ever enabled. */
#define PORT_INTERRUPTS  112
#define PORT_USART_IRQ   39u

#endif /* CHIP_FACTS_H */
