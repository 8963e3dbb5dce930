#include "usart.h"

#include "chip.h"
#include "tm_link.h"

#define BAUD 115200u
/* Far more than one byte takes at 115200 baud and 480 MHz, 42,000 cycles. */
#define WAIT_TURNS 100000u

#define CR1_RE      (1u << 2)
#define CR1_TE      (1u << 3)
#define CR1_RXNEIE  (1u << 5)
#define STATUS_RXNE (1u << 5)
#define STATUS_TXE  (1u << 7)

_Static_assert((TM_LINK_RING_BYTES & (TM_LINK_RING_BYTES - 1u)) == 0u, "counters wrap at a power of two");

/* Filled by the interrupt, emptied by usart_read. The counters run freely; their difference is what is inside. */
static uint8_t ring[TM_LINK_RING_BYTES];
static volatile uint32_t received;
static uint32_t taken;

void tm_usart(void)
{
    const uint32_t status = PORT_USART_STATUS;
    const uint8_t byte = (uint8_t)PORT_USART_RECEIVE;
    PORT_USART_CLEAR_OVERRUN();
    if ((status & STATUS_RXNE) != 0u && received - taken < TM_LINK_RING_BYTES) {
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
        for (uint32_t turn = 0u; turn < WAIT_TURNS && (PORT_USART_STATUS & STATUS_TXE) == 0u; turn++) {
        }
        PORT_USART_TRANSMIT = from[i];
    }
}

const tm_stream usart_stream = { .read = usart_read, .write = usart_write };

void usart_start(uint32_t apb1_hz)
{
    chip_usart_pins();
    PORT_USART_BRR = (apb1_hz + BAUD / 2u) / BAUD;
    PORT_USART_CR1 = PORT_USART_ENABLE | CR1_TE | CR1_RE | CR1_RXNEIE;
    NVIC_ISER(PORT_USART_IRQ) = 1u << (PORT_USART_IRQ % 32u);
}
