/* The board's side of tm_port.h, and the image header. */
#include "tm_port.h"

#include "chip.h"
#include "fault.h"
#include "port.h"
#include "tm_image.h"
#include "tm_rtt.h"
#include "usart.h"

/* Placed by link.ld; their addresses are the values. */
extern uint8_t tm_image_bytes[], tm_model_start[], tm_model_bytes[], tm_arena_start[], tm_arena_bytes[],
    tm_kernel_stack_bytes[];

__attribute__((section(".image_header"), used)) static const tm_image_header image_header = {
    .magic = TM_IMAGE_MAGIC,
    .version = TM_IMAGE_VERSION,
    .header_bytes = sizeof(tm_image_header),
    .chip_id = CHIP_ID,
    .image_bytes = (uint32_t)tm_image_bytes,
    .rtt_address = (uint32_t)&tm_rtt,
    .fault_address = (uint32_t)&tm_fault,
    .model_start = (uint32_t)tm_model_start,
    .model_bytes = (uint32_t)tm_model_bytes,
    .arena_start = (uint32_t)tm_arena_start,
    .arena_bytes = (uint32_t)tm_arena_bytes,
    .kernel_stack_bytes = (uint32_t)tm_kernel_stack_bytes,
};

tm_link_hello tm_port_facts;

static bool cycle_counter_start(void)
{
    DEMCR |= DEMCR_TRCENA;
    DWT_CTRL |= DWT_CTRL_CYCCNTENA;
    const uint32_t before = DWT_CYCCNT;
    __asm volatile("nop\n nop\n nop\n nop");
    return DWT_CYCCNT != before;
}

void port_facts_collect(uint32_t clock_source, uint32_t clock_hz, uint32_t ccm_bytes)
{
    tm_port_facts = (tm_link_hello){
        .link_version = TM_LINK_VERSION,
        .chip_id = DBGMCU_IDCODE & 0xFFFu,
        .clock_hz = clock_hz,
        .clock_source = clock_source,
        .ccm_bytes = ccm_bytes,
        .cycle_counter = cycle_counter_start() ? 1u : 0u,
        .max_payload = TM_LINK_MAX_PAYLOAD,
        .model_start = (uint32_t)tm_model_start,
        .model_bytes = (uint32_t)tm_model_bytes,
        .arena_start = (uint32_t)tm_arena_start,
        .arena_bytes = (uint32_t)tm_arena_bytes,
    };
}

const void *tm_port_model(void)
{
    return tm_model_start;
}

void *tm_port_arena(void)
{
    return tm_arena_start;
}

void tm_port_run_begin(void)
{
    SYST_CSR &= ~SYST_CSR_TICKINT;
    usart_hold(true);
}

void tm_port_run_end(void)
{
    SYST_CSR |= SYST_CSR_TICKINT;
    usart_hold(false);
}

uint32_t tm_port_cycles(void)
{
    return DWT_CYCCNT;
}

void tm_port_mark(uint32_t value)
{
    ITM_PORT0 = value;
}
