/* From reset to the command loop. */
#include <stddef.h>
#include <string.h>

#include "clock.h"
#include "fault.h"
#include "port.h"
#include "registers.h"
#include "tm_command.h"
#include "tm_rtt.h"
#include "usart.h"

#define TICK_HZ 1000u

/* Placed by link.ld; their addresses are the values. */
extern uint8_t tm_boot_stack_top[], tm_data_start[], tm_data_end[], tm_data_load[], tm_bss_start[], tm_bss_end[];
extern uint8_t tm_ccm_start[], tm_ccm_bytes[];

void tm_reset(void);

/* Its only use is to end the sleep. */
static void tick(void)
{
}

static void tick_start(uint32_t clock_hz)
{
    SYST_RVR = clock_hz / TICK_HZ - 1u;
    SYST_CVR = 0u;
    SYST_CSR = SYST_CSR_CLKSOURCE | SYST_CSR_TICKINT | SYST_CSR_ENABLE;
}

__attribute__((noreturn, used)) static void serve(void)
{
    static tm_receiver rtt, usart;
    rtt.stream = &tm_rtt_stream;
    usart.stream = &usart_stream;
    for (;;) {
        const bool served_rtt = tm_command_serve(&rtt);
        const bool served_usart = tm_command_serve(&usart);
        if (!served_rtt && !served_usart) {
            /* A byte that came just now is seen at the next tick. */
            __asm volatile("wfi" ::: "memory");
        }
    }
}

__attribute__((naked, noreturn)) static void serve_with_stack(uint8_t *stack_top __attribute__((unused)))
{
    __asm volatile("mov sp, r0\n"
                   "b serve");
}

void tm_reset(void)
{
    SCB_CPACR |= SCB_CPACR_FPU;
    __asm volatile("dsb\n isb" ::: "memory");
    memcpy(tm_data_start, tm_data_load, (size_t)(tm_data_end - tm_data_start));
    memset(tm_bss_start, 0, (size_t)(tm_bss_end - tm_bss_start));

    faults_enable();
    const clock_tree clock = clock_start();
    RCC_AHB1ENR |= RCC_AHB1ENR_CCM;
    uint8_t *const ccm_end = tm_ccm_start + (size_t)tm_ccm_bytes;
    const bool ccm =
        memory_answers((volatile uint32_t *)tm_ccm_start) && memory_answers((volatile uint32_t *)ccm_end - 1);

    port_facts_collect(clock.source, clock.core_hz, ccm ? (uint32_t)tm_ccm_bytes : 0u);
    usart_start(clock.apb1_hz);
    tick_start(clock.core_hz);
    tm_rtt_start();
    serve_with_stack(ccm ? ccm_end : tm_boot_stack_top);
}

/* Armv7-M ARM B1.5.3, then the interrupts of RM0090 table 62. What isn't used records a fault. */
__attribute__((section(".vectors"), used)) static void (*const vectors[16 + 82])(void) = {
    [0] = (void (*)(void))tm_boot_stack_top,
    [1] = tm_reset,
    [2 ... 4] = tm_any_fault,
    [5] = tm_bus_fault,
    [6] = tm_any_fault,
    [7 ... 10] = tm_any_fault,
    [11 ... 14] = tm_any_fault,
    [15] = tick,
    [16 ... 16 + USART2_IRQ - 1] = tm_any_fault,
    [16 + USART2_IRQ] = tm_usart2,
    [16 + USART2_IRQ + 1 ... 16 + 81] = tm_any_fault,
};
