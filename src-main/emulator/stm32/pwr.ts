// PWR of the STM32F405/407 and the STM32F74x: the regulator is always ready, over-drive as soon as it is asked for.
// Sources: RM0090, section 5.4; RM0385, section 4.4.

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
