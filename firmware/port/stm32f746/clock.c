#include "clock.h"

#include "registers.h"
#include "tm_link.h"
#include "wait.h"

#define HSI_HZ 16000000u
#define PLL_HZ 216000000u

/* VCO input 1 MHz x 432 / 2 = 216 MHz; /9 = 48 MHz for USB. RM0385 5.3.2 */
static uint32_t pll_setting(uint32_t input_mhz, uint32_t source)
{
    return input_mhz | (432u << 6) | (0u << 16) | source | (9u << 24);
}

/* Over-drive is switched on while the core still runs from the internal oscillator. RM0385 4.1.4 */
static bool start_over_drive(void)
{
    PWR_CR1 |= PWR_CR1_ODEN;
    if (!wait_for(&PWR_CSR1, PWR_CSR1_ODRDY, PWR_CSR1_ODRDY)) {
        return false;
    }
    PWR_CR1 |= PWR_CR1_ODSWEN;
    return wait_for(&PWR_CSR1, PWR_CSR1_ODSWRDY, PWR_CSR1_ODSWRDY);
}

static bool start_pll(uint32_t setting)
{
    RCC_CR &= ~RCC_CR_PLLON;
    RCC_PLLCFGR = setting;
    RCC_CR |= RCC_CR_PLLON;
    return start_over_drive() && wait_for(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
}

static bool run_from_pll(void)
{
    RCC_CFGR = RCC_CFGR_PPRE1_DIV4 | RCC_CFGR_PPRE2_DIV2 | RCC_CFGR_SW_PLL;
    if (wait_for(&RCC_CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL)) {
        return true;
    }
    RCC_CFGR = 0u;
    return false;
}

clock_tree clock_start(void)
{
    RCC_APB1ENR |= RCC_APB1ENR_PWR;
    PWR_CR1 |= PWR_CR1_VOS;
    FLASH_ACR = FLASH_ACR_LATENCY_7WS | FLASH_ACR_ARTRST;
    FLASH_ACR = FLASH_ACR_LATENCY_7WS | FLASH_ACR_PRFTEN | FLASH_ACR_ARTEN;

    /* The Nucleo board's ST-Link gives 8 MHz. A board with a crystal of its own there (the Discovery's 25 MHz) does not
       answer to the bypass and runs at the same speed from the internal oscillator. */
    RCC_CR |= RCC_CR_HSEBYP;
    RCC_CR |= RCC_CR_HSEON;
    if (wait_for(&RCC_CR, RCC_CR_HSERDY, RCC_CR_HSERDY) && start_pll(pll_setting(8u, RCC_PLLCFGR_SRC_HSE)) &&
        run_from_pll()) {
        return (clock_tree){ TM_CLOCK_HSE_PLL, PLL_HZ, PLL_HZ / 4u };
    }
    RCC_CR &= ~RCC_CR_HSEON;
    if (start_pll(pll_setting(16u, 0u)) && run_from_pll()) {
        return (clock_tree){ TM_CLOCK_HSI_PLL, PLL_HZ, PLL_HZ / 4u };
    }
    RCC_CR &= ~RCC_CR_PLLON;
    return (clock_tree){ TM_CLOCK_HSI, HSI_HZ, HSI_HZ };
}
