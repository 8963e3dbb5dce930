#include "usart.h"

#include "registers.h"
#include "tm_link.h"

#define BAUD 115200u
/* Far more than one byte takes at 115200 baud and 168 MHz, 15,000 cycles. */
#define WAIT_TURNS 50000u

_Static_assert((TM_LINK_RING_BYTES & (TM_LINK_RING_BYTES - 1u)) == 0u, "counters wrap at a power of two");

/* Filled by the interrupt, emptied by usart_read. The counters run freely; their difference is what is inside. */
static uint8_t ring[TM_LINK_RING_BYTES];
static volatile uint32_t received;
static uint32_t taken;

void tm_usart2(void)
{
    const uint32_t status = USART2_SR;
    const uint8_t byte = (uint8_t)USART2_DR; /* reading SR, then DR clears an overrun too */
    if ((status & USART_SR_RXNE) != 0u && received - taken < TM_LINK_RING_BYTES) {
        ring[received % TM_LINK_RING_BYTES] = byte;
        received++;
    }
}

static uint32_t usart_read(uint8_t *to, uint32_t room)
{
    uint32_t count = 0u;
    while (count < room && taken != received) {
        to[count++] = ring[taken % TM_LINK_RING_BYTES];
        taken++;
    }
    return count;
}

static void usart_write(const uint8_t *from, uint32_t bytes)
{
    for (uint32_t i = 0u; i < bytes; i++) {
        for (uint32_t turn = 0u; turn < WAIT_TURNS && (USART2_SR & USART_SR_TXE) == 0u; turn++) {
        }
        USART2_DR = from[i];
    }
}

const tm_stream usart_stream = { .read = usart_read, .write = usart_write };

void usart_start(uint32_t apb1_hz)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA;
    RCC_APB1ENR |= RCC_APB1ENR_USART2;
    GPIOA_MODER = (GPIOA_MODER & ~(0xFu << 4)) | (0xAu << 4);   /* PA2, PA3: alternate function */
    GPIOA_AFRL = (GPIOA_AFRL & ~(0xFFu << 8)) | (0x77u << 8);   /* 7: USART2 */
    GPIOA_PUPDR = (GPIOA_PUPDR & ~(3u << 6)) | (1u << 6);       /* an open PA3 reads as idle */
    USART2_BRR = (apb1_hz + BAUD / 2u) / BAUD;
    USART2_CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    NVIC_ISER(USART2_IRQ) = 1u << (USART2_IRQ % 32u);
}
