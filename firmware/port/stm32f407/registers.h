/* The registers that this port touches. Sources: ST RM0090 (STM32F405/407), ARM DDI 0403 (Armv7-M). */
#ifndef REGISTERS_H
#define REGISTERS_H

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))

/* Reset and clock control, RM0090 chapter 7 */
#define RCC_CR                REG(0x40023800u)
#define RCC_CR_HSION          (1u << 0)
#define RCC_CR_HSEON          (1u << 16)
#define RCC_CR_HSERDY         (1u << 17)
#define RCC_CR_PLLON          (1u << 24)
#define RCC_CR_PLLRDY         (1u << 25)
#define RCC_PLLCFGR           REG(0x40023804u)
#define RCC_PLLCFGR_SRC_HSE   (1u << 22)
#define RCC_CFGR              REG(0x40023808u)
#define RCC_CFGR_SW_PLL       2u
#define RCC_CFGR_SWS          (3u << 2)
#define RCC_CFGR_SWS_PLL      (2u << 2)
#define RCC_CFGR_PPRE1_DIV4   (5u << 10)
#define RCC_CFGR_PPRE2_DIV2   (4u << 13)
#define RCC_AHB1ENR           REG(0x40023830u)
#define RCC_AHB1ENR_GPIOA     (1u << 0)
#define RCC_AHB1ENR_CCM       (1u << 20)
#define RCC_APB1ENR           REG(0x40023840u)
#define RCC_APB1ENR_USART2    (1u << 17)
#define RCC_APB1ENR_PWR       (1u << 28)

/* Power control, chapter 5: voltage scale 1 is needed for 168 MHz */
#define PWR_CR                REG(0x40007000u)
#define PWR_CR_VOS            (1u << 14)

/* Flash access, chapter 3 */
#define FLASH_ACR             REG(0x40023C00u)
#define FLASH_ACR_LATENCY_5WS 5u
#define FLASH_ACR_PRFTEN      (1u << 8)
#define FLASH_ACR_ICEN        (1u << 9)
#define FLASH_ACR_DCEN        (1u << 10)
#define FLASH_ACR_ICRST       (1u << 11)
#define FLASH_ACR_DCRST       (1u << 12)

/* Port A, chapter 8 */
#define GPIOA_MODER           REG(0x40020000u)
#define GPIOA_PUPDR           REG(0x4002000Cu)
#define GPIOA_AFRL            REG(0x40020020u)

/* USART2, chapter 30 */
#define USART2_SR             REG(0x40004400u)
#define USART_SR_RXNE         (1u << 5)
#define USART_SR_TXE          (1u << 7)
#define USART2_DR             REG(0x40004404u)
#define USART2_BRR            REG(0x40004408u)
#define USART2_CR1            REG(0x4000440Cu)
#define USART_CR1_RE          (1u << 2)
#define USART_CR1_TE          (1u << 3)
#define USART_CR1_RXNEIE      (1u << 5)
#define USART_CR1_UE          (1u << 13)
#define USART2_IRQ            38u

#define DBGMCU_IDCODE         REG(0xE0042000u)

/* Core */
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
#define SCB_ICSR              REG(0xE000ED04u)
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

#endif /* REGISTERS_H */
