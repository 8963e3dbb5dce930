/* The registers that this port touches. Source: ST RM0433 (STM32H743). */
#ifndef REGISTERS_H
#define REGISTERS_H

#include "core_registers.h"

/* Reset and clock control, chapter 8 */
#define RCC_CR                REG(0x58024400u)
#define RCC_CR_HSEON          (1u << 16)
#define RCC_CR_HSERDY         (1u << 17)
#define RCC_CR_HSEBYP         (1u << 18)
#define RCC_CR_PLL1ON         (1u << 24)
#define RCC_CR_PLL1RDY        (1u << 25)
#define RCC_CFGR              REG(0x58024410u)
#define RCC_CFGR_SW           (7u << 0)
#define RCC_CFGR_SW_PLL1      (3u << 0)
#define RCC_CFGR_SWS          (7u << 3)
#define RCC_CFGR_SWS_PLL1     (3u << 3)
#define RCC_D1CFGR            REG(0x58024418u)
#define RCC_D1CFGR_HPRE_DIV2  (8u << 0)
#define RCC_D1CFGR_PPRE_DIV2  (4u << 4)
#define RCC_D2CFGR            REG(0x5802441Cu)
#define RCC_D2CFGR_PPRE1_DIV2 (4u << 4)
#define RCC_D2CFGR_PPRE2_DIV2 (4u << 8)
#define RCC_D3CFGR            REG(0x58024420u)
#define RCC_D3CFGR_PPRE_DIV2  (4u << 4)
#define RCC_PLLCKSELR         REG(0x58024428u)
#define RCC_PLLCKSELR_HSI     0u
#define RCC_PLLCKSELR_HSE     2u
#define RCC_PLLCFGR           REG(0x5802442Cu)
#define RCC_PLLCFGR_RGE_4_8   (2u << 2)
#define RCC_PLLCFGR_DIVP1EN   (1u << 16)
#define RCC_PLL1DIVR          REG(0x58024430u)
#define RCC_AHB4ENR           REG(0x580244E0u)
#define RCC_AHB4ENR_GPIOD     (1u << 3)
#define RCC_APB4ENR           REG(0x580244F4u)
#define RCC_APB4ENR_SYSCFG    (1u << 1)
#define RCC_APB1LENR          REG(0x580244E8u)
#define RCC_APB1LENR_USART3   (1u << 18)

/* Power control, chapter 6, and the switch from voltage scale 1 to 0 */
#define PWR_CSR1              REG(0x58024804u)
#define PWR_CSR1_ACTVOSRDY    (1u << 13)
#define PWR_CR3               REG(0x5802480Cu)
#define PWR_CR3_LDOEN         (1u << 1)
#define PWR_CR3_SUPPLY        (7u << 0)
#define PWR_D3CR              REG(0x58024818u)
#define PWR_D3CR_VOSRDY       (1u << 13)
#define PWR_D3CR_VOS1         (3u << 14)
#define SYSCFG_PWRCR          REG(0x5800042Cu)
#define SYSCFG_PWRCR_ODEN     (1u << 0)

/* Flash access, chapter 4 */
#define FLASH_ACR             REG(0x52002000u)
#define FLASH_ACR_VOS1_200MHZ (2u | (2u << 4))
#define FLASH_ACR_VOS0_240MHZ (4u | (2u << 4))

/* Port D, chapter 11 */
#define GPIOD_MODER           REG(0x58020C00u)
#define GPIOD_PUPDR           REG(0x58020C0Cu)
#define GPIOD_AFRH            REG(0x58020C24u)

/* USART3, chapter 48: the one of PORT_USART_* */
#define PORT_USART_CR1        REG(0x40004800u)
#define PORT_USART_BRR        REG(0x4000480Cu)
#define PORT_USART_STATUS     REG(0x4000481Cu)
#define PORT_USART_ICR        REG(0x40004820u)
#define PORT_USART_RECEIVE    REG(0x40004824u)
#define PORT_USART_TRANSMIT   REG(0x40004828u)
#define PORT_USART_ENABLE     (1u << 0)
#define PORT_USART_CLEAR_ERRORS() (PORT_USART_ICR = (1u << 3) | (1u << 1))

#define DBGMCU_IDCODE         REG(0x5C001000u)
/* bits 31:16, REV_ID: before revision V the core reaches 400 MHz only (ES0392) */
#define DBGMCU_REV_V          0x2003u

#endif /* REGISTERS_H */
