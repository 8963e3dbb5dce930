// PWR of the STM32F405/407: the regulator is always ready. Source: RM0090, section 5.4.

import { RegisterFile } from './register-file.ts'

const VOSRDY = 1 << 14

export class Pwr extends RegisterFile<'CR' | 'CSR'> {
  constructor() {
    super({ CR: { offset: 0x00, reset: 0x0000c000 }, CSR: { offset: 0x04, reset: VOSRDY, writable: 0x300 } })
  }
}
