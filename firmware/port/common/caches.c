/* ARM DDI 0489 (Cortex-M7 TRM) 5.5, ARM DDI 0403E B4.8 */
#include "caches.h"

#include "core_registers.h"

extern uint8_t tm_vectors[];

static void invalidate_data(void)
{
    SCB_CSSELR = 0u; /* level 1, data */
    __asm volatile("dsb" ::: "memory");
    const uint32_t size = SCB_CCSIDR;
    const uint32_t last_way = (size >> 3) & 0x3FFu;
    const uint32_t last_set = (size >> 13) & 0x7FFFu;
    for (uint32_t set = 0u; set <= last_set; set++) {
        for (uint32_t way = 0u; way <= last_way; way++) {
            SCB_DCISW = (set << 5) | (way << 30); /* lines of 32 bytes, four ways */
        }
    }
}

void m7_start(void)
{
    SCB_VTOR = (uint32_t)tm_vectors;
    SCB_ICIALLU = 0u;
    invalidate_data();
    __asm volatile("dsb\n isb" ::: "memory");
    SCB_CCR |= SCB_CCR_IC | SCB_CCR_DC;
    __asm volatile("dsb\n isb" ::: "memory");
}
