/* From reset to the command loop. */
#include <stddef.h>
#include <string.h>

#include "chip.h"
#include "clock.h"
#include "fault.h"
#include "port.h"
#include "tm_command.h"
#include "tm_mlperf.h"
#include "tm_rtt.h"
#include "usart.h"

#define TICK_HZ 1000u

/* Placed by link.ld; their addresses are the values. */
extern uint8_t tm_boot_stack_top[], tm_data_start[], tm_data_end[], tm_data_load[], tm_bss_start[], tm_bss_end[];

void tm_reset(void);

/* Ends the sleep, too. */
static void tick(void)
{
    usart_tick();
}

static void tick_start(uint32_t clock_hz)
{
    SYST_RVR = clock_hz / TICK_HZ - 1u;
    SYST_CVR = 0u;
    SYST_CSR = SYST_CSR_CLKSOURCE | SYST_CSR_TICKINT | SYST_CSR_ENABLE;
}

/* Until the next interrupt, at most a tick; a byte that came just now is seen then. Returns the cycles that it took, by
 * the timer that goes on meanwhile. */
static uint32_t sleep(void)
{
    const uint32_t period = SYST_RVR + 1u;
    const uint32_t before = SYST_CVR;
    __asm volatile("wfi" ::: "memory");
    return (before + period - SYST_CVR) % period;
}

__attribute__((noreturn, used)) static void serve(void)
{
    static tm_receiver rtt, usart;
    static tm_mlperf mlperf;
    rtt.stream = &tm_rtt_stream;
    usart.stream = &usart_stream;
    usart.stray = tm_mlperf_take;
    usart.stray_context = &mlperf;
    mlperf.stream = &usart_stream;
    tm_mlperf_greet(&mlperf);
    for (;;) {
        const bool served_rtt = tm_command_serve(&rtt);
        usart.quiet = usart_is_quiet();
        const bool served_usart = tm_command_serve(&usart);
        usart_tend(usart.whole + mlperf.commands);
        tm_mlperf_tick(&mlperf);
        if (!served_rtt && !served_usart) {
            tm_mlperf_slept(&mlperf, sleep());
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
    chip_start();
    const clock_tree clock = clock_start();
    const chip_memory memory = chip_memory_start();

    port_facts_collect(clock.source, clock.core_hz, memory.ccm_bytes);
    usart_start(clock.apb1_hz);
    tick_start(clock.core_hz);
    tm_rtt_start();
    serve_with_stack(memory.stack_top);
}

/* Armv7-M ARM B1.5.3, then the chip's interrupts. What isn't used records a fault. */
__attribute__((section(".vectors"), used)) static void (*const vectors[16 + PORT_INTERRUPTS])(void) = {
    [0] = (void (*)(void))tm_boot_stack_top,
    [1] = tm_reset,
    [2 ... 4] = tm_any_fault,
    [5] = tm_bus_fault,
    [6] = tm_any_fault,
    [7 ... 10] = tm_any_fault,
    [11 ... 14] = tm_any_fault,
    [15] = tick,
    [16 ... 16 + PORT_USART_IRQ - 1] = tm_any_fault,
    [16 + PORT_USART_IRQ] = tm_usart,
    [16 + PORT_USART_IRQ + 1 ... 16 + PORT_INTERRUPTS - 1] = tm_any_fault,
};
