#include "clock.h"

#include "registers.h"
#include "tm_link.h"
#include "wait.h"

#define HSI_HZ 64000000u
/* PLL1: an input of 4 MHz, a VCO of twice the core's clock. RM0433 8.5.5 */
#define PLL_INPUT_HZ 4000000u

typedef struct {
    uint32_t hz;
    uint32_t flash_acr;
} speed;

/* Wait states: RM0433 table 17, for half the core's clock. */
static const speed REVISION_V = { 480000000u, FLASH_ACR_VOS0_240MHZ };
static const speed REVISION_Y = { 400000000u, FLASH_ACR_VOS1_200MHZ };

static bool start_voltage_scale_1(void)
{
    /* The supply can be chosen once after power-on; the Nucleo board feeds the core from the LDO. */
    PWR_CR3 = (PWR_CR3 & ~PWR_CR3_SUPPLY) | PWR_CR3_LDOEN;
    if (!wait_for(&PWR_CSR1, PWR_CSR1_ACTVOSRDY, PWR_CSR1_ACTVOSRDY)) {
        return false;
    }
    PWR_D3CR = PWR_D3CR_VOS1;
    return wait_for(&PWR_D3CR, PWR_D3CR_VOSRDY, PWR_D3CR_VOSRDY);
}

static bool start_voltage_scale_0(void)
{
    RCC_APB4ENR |= RCC_APB4ENR_SYSCFG;
    SYSCFG_PWRCR |= SYSCFG_PWRCR_ODEN;
    return wait_for(&PWR_D3CR, PWR_D3CR_VOSRDY, PWR_D3CR_VOSRDY);
}

static bool start_pll(uint32_t source, uint32_t input_divider, uint32_t hz)
{
    RCC_CR &= ~RCC_CR_PLL1ON;
    RCC_PLLCKSELR = source | (input_divider << 4);
    RCC_PLLCFGR = RCC_PLLCFGR_RGE_4_8 | RCC_PLLCFGR_DIVP1EN;
    RCC_PLL1DIVR = (2u * hz / PLL_INPUT_HZ - 1u) | (1u << 9); /* P: divided by 2 */
    RCC_CR |= RCC_CR_PLL1ON;
    return wait_for(&RCC_CR, RCC_CR_PLL1RDY, RCC_CR_PLL1RDY);
}

/* Everything behind the core runs at half of its clock, the peripherals at a quarter. */
static bool run_from_pll(uint32_t flash_acr)
{
    RCC_D1CFGR = RCC_D1CFGR_HPRE_DIV2 | RCC_D1CFGR_PPRE_DIV2;
    RCC_D2CFGR = RCC_D2CFGR_PPRE1_DIV2 | RCC_D2CFGR_PPRE2_DIV2;
    RCC_D3CFGR = RCC_D3CFGR_PPRE_DIV2;
    FLASH_ACR = flash_acr;
    if (!wait_for(&FLASH_ACR, 0x3Fu, flash_acr)) {
        return false;
    }
    RCC_CFGR = (RCC_CFGR & ~RCC_CFGR_SW) | RCC_CFGR_SW_PLL1;
    if (wait_for(&RCC_CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL1)) {
        return true;
    }
    RCC_CFGR &= ~RCC_CFGR_SW;
    return false;
}

clock_tree clock_start(void)
{
    speed full = (DBGMCU_IDCODE >> 16) >= DBGMCU_REV_V ? REVISION_V : REVISION_Y;
    const bool scale_1 = start_voltage_scale_1();
    if (full.hz == REVISION_V.hz && scale_1 && !start_voltage_scale_0()) {
        full = REVISION_Y;
    }

    /* The Nucleo board's ST-Link gives 8 MHz. */
    RCC_CR |= RCC_CR_HSEBYP;
    RCC_CR |= RCC_CR_HSEON;
    if (scale_1 && wait_for(&RCC_CR, RCC_CR_HSERDY, RCC_CR_HSERDY) && start_pll(RCC_PLLCKSELR_HSE, 2u, full.hz) &&
        run_from_pll(full.flash_acr)) {
        return (clock_tree){ TM_CLOCK_HSE_PLL, full.hz, full.hz / 4u };
    }
    RCC_CR &= ~RCC_CR_HSEON;
    if (scale_1 && start_pll(RCC_PLLCKSELR_HSI, 16u, full.hz) && run_from_pll(full.flash_acr)) {
        return (clock_tree){ TM_CLOCK_HSI_PLL, full.hz, full.hz / 4u };
    }
    RCC_CR &= ~RCC_CR_PLL1ON;
    RCC_D1CFGR = 0u;
    RCC_D2CFGR = 0u;
    RCC_D3CFGR = 0u;
    return (clock_tree){ TM_CLOCK_HSI, HSI_HZ, HSI_HZ };
}
