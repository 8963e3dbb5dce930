#include "chip.h"

#include <stdbool.h>
#include <stddef.h>

#include "fault.h"

/* Placed by link.ld; their addresses are the values. */
extern uint8_t tm_boot_stack_top[], tm_ccm_start[], tm_ccm_bytes[];

void chip_start(void)
{
}

/* QEMU's STM32F405 has no core-coupled memory. */
chip_memory chip_memory_start(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_CCM;
    uint8_t *const ccm_end = tm_ccm_start + (size_t)tm_ccm_bytes;
    const bool ccm =
        memory_answers((volatile uint32_t *)tm_ccm_start) && memory_answers((volatile uint32_t *)ccm_end - 1);
    return (chip_memory){ ccm ? ccm_end : tm_boot_stack_top, ccm ? (uint32_t)tm_ccm_bytes : 0u };
}

void chip_usart_pins(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA;
    RCC_APB1ENR |= RCC_APB1ENR_USART2;
    GPIOA_MODER = (GPIOA_MODER & ~(0xFu << 4)) | (0xAu << 4);   /* PA2, PA3: alternate function */
    GPIOA_AFRL = (GPIOA_AFRL & ~(0xFFu << 8)) | (0x77u << 8);   /* 7: USART2 */
    GPIOA_PUPDR = (GPIOA_PUPDR & ~(3u << 6)) | (1u << 6);       /* an open PA3 reads as idle */
}
