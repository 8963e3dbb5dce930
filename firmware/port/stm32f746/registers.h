/* The registers that this port touches. Source: ST RM0385 (STM32F75x and F74x). */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "core_registers.h"

/* Reset and clock control, chapter 5 */
#define RCC_CR                REG(0x40023800u)
#define RCC_CR_HSEON          (1u << 16)
#define RCC_CR_HSERDY         (1u << 17)
#define RCC_CR_HSEBYP         (1u << 18)
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
#define RCC_AHB1ENR_GPIOD     (1u << 3)
#define RCC_APB1ENR           REG(0x40023840u)
#define RCC_APB1ENR_USART3    (1u << 18)
#define RCC_APB1ENR_PWR       (1u << 28)

/* Power control, chapter 4: voltage scale 1 and over-drive are needed for 216 MHz */
#define PWR_CR1               REG(0x40007000u)
#define PWR_CR1_VOS           (3u << 14)
#define PWR_CR1_ODEN          (1u << 16)
#define PWR_CR1_ODSWEN        (1u << 17)
#define PWR_CSR1              REG(0x40007004u)
#define PWR_CSR1_ODRDY        (1u << 16)
#define PWR_CSR1_ODSWRDY      (1u << 17)

/* Flash access, chapter 3 */
#define FLASH_ACR             REG(0x40023C00u)
#define FLASH_ACR_LATENCY_7WS 7u
#define FLASH_ACR_PRFTEN      (1u << 8)
#define FLASH_ACR_ARTEN       (1u << 9)
#define FLASH_ACR_ARTRST      (1u << 11)

/* Port D, chapter 6 */
#define GPIOD_MODER           REG(0x40020C00u)
#define GPIOD_PUPDR           REG(0x40020C0Cu)
#define GPIOD_AFRH            REG(0x40020C24u)

/* USART3, chapter 31: the one of PORT_USART_* */
#define PORT_USART_CR1        REG(0x40004800u)
#define PORT_USART_BRR        REG(0x4000480Cu)
#define PORT_USART_STATUS     REG(0x4000481Cu)
#define PORT_USART_ICR        REG(0x40004820u)
#define PORT_USART_RECEIVE    REG(0x40004824u)
#define PORT_USART_TRANSMIT   REG(0x40004828u)
#define PORT_USART_ENABLE     (1u << 0)
#define PORT_USART_CLEAR_ERRORS() (PORT_USART_ICR = (1u << 3) | (1u << 1))

#define DBGMCU_IDCODE         REG(0xE0042000u)

#endif /* REGISTERS_H */
