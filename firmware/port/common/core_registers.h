/* Registers of the core. Sources: ARM DDI 0403 (Armv7-M), ARM DDI 0489 (Cortex-M7) for the caches. */
#ifndef CORE_REGISTERS_H
#define CORE_REGISTERS_H

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

#define ITM_PORT0             REG(0xE0000000u)
#define DWT_CTRL              REG(0xE0001000u)
#define DWT_CTRL_CYCCNTENA    (1u << 0)
#define DWT_CYCCNT            REG(0xE0001004u)
#define SYST_CSR              REG(0xE000E010u)
#define SYST_CSR_ENABLE       (1u << 0)
#define SYST_CSR_TICKINT      (1u << 1)
#define SYST_CSR_CLKSOURCE    (1u << 2)
#define SYST_RVR              REG(0xE000E014u)
#define SYST_CVR              REG(0xE000E018u)
#define NVIC_ISER(irq)        REG(0xE000E100u + 4u * ((irq) / 32u))
#define NVIC_ICER(irq)        REG(0xE000E180u + 4u * ((irq) / 32u))
#define SCB_ICSR              REG(0xE000ED04u)
#define SCB_VTOR              REG(0xE000ED08u)
#define SCB_CCR               REG(0xE000ED14u)
#define SCB_CCR_DC            (1u << 16)
#define SCB_CCR_IC            (1u << 17)
#define SCB_SHCSR             REG(0xE000ED24u)
#define SCB_SHCSR_MEMFAULTENA (1u << 16)
#define SCB_SHCSR_BUSFAULTENA (1u << 17)
#define SCB_SHCSR_USGFAULTENA (1u << 18)
#define SCB_CFSR              REG(0xE000ED28u)
#define SCB_HFSR              REG(0xE000ED2Cu)
#define SCB_MMFAR             REG(0xE000ED34u)
#define SCB_BFAR              REG(0xE000ED38u)
#define SCB_CPACR             REG(0xE000ED88u)
#define SCB_CPACR_FPU         (0xFu << 20)
#define DEMCR                 REG(0xE000EDFCu)
#define DEMCR_TRCENA          (1u << 24)
#define SCB_CCSIDR            REG(0xE000ED80u)
#define SCB_CSSELR            REG(0xE000ED84u)
#define SCB_ICIALLU           REG(0xE000EF50u)
#define SCB_DCISW             REG(0xE000EF60u)

#endif /* CORE_REGISTERS_H */
