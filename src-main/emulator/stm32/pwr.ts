// PWR of the STM32F405/407 and the STM32F74x: the regulator is always ready, over-drive as soon as it is asked for.
// Sources: RM0090, section 5.4; RM0385, section 4.4; offsets and bits of these and of the STM32H74x's also by ST's
// stm32f407xx.h, stm32f746xx.h and stm32h743xx.h.

import { RegisterFile } from './register-file.ts'

const VOSRDY = 1 << 14

export class Pwr extends RegisterFile<'CR' | 'CSR'> {
  constructor() {
    super({ CR: { offset: 0x00, reset: 0x0000c000 }, CSR: { offset: 0x04, reset: VOSRDY, writable: 0x300 } })
  }
}

const OVER_DRIVE = (1 << 16) | (1 << 17)

export class PwrF7 extends RegisterFile<'CR1' | 'CSR1' | 'CR2' | 'CSR2'> {
  constructor() {
    super({
      CR1: { offset: 0x00, reset: 0x0000c000 },
      CSR1: { offset: 0x04, reset: VOSRDY, writable: 0x300 },
      CR2: { offset: 0x08 },
      CSR2: { offset: 0x0c },
    })
  }

  /** ODRDY and ODSWRDY stand where ODEN and ODSWEN stand in CR1. */
  protected override onRead(name: 'CR1' | 'CSR1' | 'CR2' | 'CSR2'): number {
    return name === 'CSR1' ? this.get('CSR1') | (this.get('CR1') & OVER_DRIVE) : this.get(name)
  }
}

type PwrH7Name = 'CR1' | 'CSR1' | 'CR2' | 'CR3' | 'CPUCR' | 'D3CR' | 'WKUPFR'
const VOS = 3 << 14
const ACTVOSRDY = 1 << 13
const D3_VOSRDY = 1 << 13

/** PWR of the STM32H74x: the LDO, its voltage scale reached as soon as it is asked for. Source: RM0433, section 6.8. */
export class PwrH7 extends RegisterFile<PwrH7Name> {
  constructor() {
    super({
      CR1: { offset: 0x00, reset: 0xf000c000 | 0 },
      CSR1: { offset: 0x04, writable: 0 },
      CR2: { offset: 0x08 },
      CR3: { offset: 0x0c, reset: 0x00000006 },
      CPUCR: { offset: 0x10 },
      D3CR: { offset: 0x18, reset: 0x00004000, writable: VOS },
      WKUPFR: { offset: 0x24, writable: 0 },
    })
  }

  protected override onRead(name: PwrH7Name): number {
    if (name === 'CSR1') return ACTVOSRDY | (this.get('D3CR') & VOS)
    return name === 'D3CR' ? this.get('D3CR') | D3_VOSRDY : this.get(name)
  }
}
