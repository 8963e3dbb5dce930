/* The registers that this port touches. Source: ST RM0090 (STM32F405/407). */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "core_registers.h"

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

/* USART2, chapter 30: the one of PORT_USART_* */
#define PORT_USART_STATUS     REG(0x40004400u)
#define PORT_USART_RECEIVE    REG(0x40004404u)
#define PORT_USART_TRANSMIT   REG(0x40004404u)
#define PORT_USART_BRR        REG(0x40004408u)
#define PORT_USART_CR1        REG(0x4000440Cu)
#define PORT_USART_ENABLE     (1u << 13)
/* Reading the status, then the data has done it. */
#define PORT_USART_CLEAR_ERRORS() ((void)0)

#define DBGMCU_IDCODE         REG(0xE0042000u)

#endif /* REGISTERS_H */
