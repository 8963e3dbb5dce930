#include "chip.h"

#include "caches.h"

/* Placed by link.ld; their addresses are the values. */
extern uint8_t tm_boot_stack_top[], tm_ccm_bytes[];

void chip_start(void)
{
    m7_start();
}

/* The stack stands in data TCM from the start. */
chip_memory chip_memory_start(void)
{
    return (chip_memory){ tm_boot_stack_top, (uint32_t)tm_ccm_bytes };
}

/* PD8 out, PD9 in: what the Nucleo board wires to its ST-Link (UM2407 6.10). */
void chip_usart_pins(void)
{
    RCC_AHB4ENR |= RCC_AHB4ENR_GPIOD;
    RCC_APB1LENR |= RCC_APB1LENR_USART3;
    GPIOD_MODER = (GPIOD_MODER & ~(0xFu << 16)) | (0xAu << 16);
    GPIOD_AFRH = (GPIOD_AFRH & ~0xFFu) | 0x77u;                    /* 7: USART3 */
    GPIOD_PUPDR = (GPIOD_PUPDR & ~(3u << 18)) | (1u << 18);        /* an open PD9 reads as idle */
}
