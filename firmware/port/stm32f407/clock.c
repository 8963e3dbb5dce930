#include "clock.h"

#include <stdbool.h>

#include "registers.h"
#include "tm_link.h"
#include "wait.h"

#define HSI_HZ 16000000u
#define PLL_HZ 168000000u

/* VCO input 1 MHz x 336 / 2 = 168 MHz; /7 = 48 MHz for USB. RM0090 7.3.2 */
static uint32_t pll_setting(uint32_t input_mhz, uint32_t source)
{
    return input_mhz | (336u << 6) | (0u << 16) | source | (7u << 24);
}

static bool start_pll(uint32_t setting)
{
    RCC_CR &= ~RCC_CR_PLLON;
    RCC_PLLCFGR = setting;
    RCC_CR |= RCC_CR_PLLON;
    return wait_for(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY);
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
    PWR_CR |= PWR_CR_VOS;
    /* The caches may hold what stood in flash before it was programmed; they are reset while they are off. */
    FLASH_ACR = FLASH_ACR_LATENCY_5WS | FLASH_ACR_ICRST | FLASH_ACR_DCRST;
    FLASH_ACR = FLASH_ACR_LATENCY_5WS | FLASH_ACR_PRFTEN | FLASH_ACR_ICEN | FLASH_ACR_DCEN;

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
