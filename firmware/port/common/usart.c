#include "usart.h"

#include "chip.h"
#include "tm_link.h"

/* Far more than one byte takes at 115200 baud and 480 MHz, 42,000 cycles. */
#define WAIT_TURNS 100000u
/* A host that sends a frame leaves no such gap in it. */
#define QUIET_MS 100u
/* So long a whole frame may take to come at a new rate. */
#define TRIAL_MS 1000u
/* One may be noise. A host at 115200 baud makes several in each frame when the line is at another rate. */
#define MAX_FRAMING_ERRORS 8u
/* A receiver takes 3.33 % (RM0090 30.3.5); the host's own error and the cable need the rest. */
#define MAX_ERROR_PERCENT 2u

#define CR1_RE      (1u << 2)
#define CR1_TE      (1u << 3)
#define CR1_RXNEIE  (1u << 5)
#define STATUS_FE   (1u << 1)
#define STATUS_RXNE (1u << 5)
#define STATUS_TC   (1u << 6)
#define STATUS_TXE  (1u << 7)

_Static_assert((TM_LINK_RING_BYTES & (TM_LINK_RING_BYTES - 1u)) == 0u, "counters wrap at a power of two");

/* Filled by the interrupt, emptied by usart_read. The counters run freely; their difference is what is inside. */
static uint8_t ring[TM_LINK_RING_BYTES];
static volatile uint32_t received;
static uint32_t taken;

/* Counted in interrupts, set to zero in the main loop too. */
static volatile uint32_t quiet_ms;
static volatile uint32_t trial_ms;
static volatile uint32_t framing_errors;

static uint32_t clock_hz;
static uint32_t current_baud;
static uint32_t whole_seen;
/* nothing whole has come at this rate yet; where one was just asked for, its own frame does not count */
static bool on_trial;
static bool changed;

void tm_usart(void)
{
    const uint32_t status = PORT_USART_STATUS;
    const uint8_t byte = (uint8_t)PORT_USART_RECEIVE;
    PORT_USART_CLEAR_ERRORS();
    quiet_ms = 0u;
    if ((status & STATUS_FE) != 0u) {
        framing_errors++;
    }
    if ((status & STATUS_RXNE) != 0u && received - taken < TM_LINK_RING_BYTES) {
        ring[received % TM_LINK_RING_BYTES] = byte;
        received++;
    }
}

void usart_tick(void)
{
    if (quiet_ms < QUIET_MS) {
        quiet_ms++;
    }
    if (trial_ms < TRIAL_MS) {
        trial_ms++;
    }
}

bool usart_is_quiet(void)
{
    return quiet_ms == QUIET_MS;
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

static void wait_for_status(uint32_t bit)
{
    for (uint32_t turn = 0u; turn < WAIT_TURNS && (PORT_USART_STATUS & bit) == 0u; turn++) {
    }
}

static void usart_write(const uint8_t *from, uint32_t bytes)
{
    for (uint32_t i = 0u; i < bytes; i++) {
        wait_for_status(STATUS_TXE);
        PORT_USART_TRANSMIT = from[i];
    }
}

static uint32_t divider_for(uint32_t baud)
{
    return (clock_hz + baud / 2u) / baud;
}

static uint32_t nearest_rate(uint32_t baud)
{
    if (baud < TM_LINK_BAUD || baud > TM_LINK_MAX_BAUD) {
        return 0u;
    }
    const uint32_t nearest = clock_hz / divider_for(baud);
    const uint32_t error = nearest > baud ? nearest - baud : baud - nearest;
    return error > baud / 100u * MAX_ERROR_PERCENT ? 0u : nearest;
}

/* BRR is written while the USART is off (RM0385 31.8.4). Whatever has come belongs to the old rate. */
static void set_rate(uint32_t baud)
{
    wait_for_status(STATUS_TC);
    PORT_USART_CR1 = 0u;
    PORT_USART_BRR = divider_for(baud);
    current_baud = baud;
    framing_errors = 0u;
    trial_ms = 0u;
    on_trial = true;
    changed = true;
    taken = received;
    PORT_USART_CR1 = PORT_USART_ENABLE | CR1_TE | CR1_RE | CR1_RXNEIE;
}

void usart_tend(uint32_t whole)
{
    if (whole != whole_seen && !changed) {
        framing_errors = 0u;
        on_trial = false;
    }
    whole_seen = whole;
    changed = false;
    const bool no_host = (on_trial && trial_ms == TRIAL_MS) || framing_errors >= MAX_FRAMING_ERRORS;
    if (no_host && current_baud != TM_LINK_BAUD) {
        set_rate(TM_LINK_BAUD);
    }
}

void usart_hold(bool hold)
{
    const uint32_t bit = 1u << (PORT_USART_IRQ % 32u);
    if (hold) {
        NVIC_ICER(PORT_USART_IRQ) = bit;
    } else {
        NVIC_ISER(PORT_USART_IRQ) = bit;
    }
}

const tm_stream usart_stream = {
    .read = usart_read,
    .write = usart_write,
    .nearest_rate = nearest_rate,
    .set_rate = set_rate,
};

void usart_start(uint32_t apb1_hz)
{
    clock_hz = apb1_hz;
    chip_usart_pins();
    set_rate(TM_LINK_BAUD);
    usart_hold(false);
}
