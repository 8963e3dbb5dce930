// A GPIO port: outputs read back, inputs read low. Sources: RM0090, section 8.4; RM0385, section 6.4; RM0433, section 11.4.

import { RegisterFile, type RegisterTable } from './register-file.ts'

export interface GpioReset {
  moder: number
  ospeedr: number
  pupdr: number
}

const registers = (reset: GpioReset) =>
  ({
    MODER: { offset: 0x00, reset: reset.moder },
    OTYPER: { offset: 0x04, writable: 0xffff },
    OSPEEDR: { offset: 0x08, reset: reset.ospeedr },
    PUPDR: { offset: 0x0c, reset: reset.pupdr },
    IDR: { offset: 0x10, writable: 0 },
    ODR: { offset: 0x14, writable: 0xffff },
    BSRR: { offset: 0x18 },
    LCKR: { offset: 0x1c },
    AFRL: { offset: 0x20 },
    AFRH: { offset: 0x24 },
  }) satisfies RegisterTable<string>
type Name = keyof ReturnType<typeof registers>

/** By port: A and B come up with the debug pins switched to them. */
export const GPIO_RESET: Readonly<Record<string, GpioReset>> = {
  A: { moder: 0xa8000000 | 0, ospeedr: 0, pupdr: 0x64000000 },
  B: { moder: 0x00000280, ospeedr: 0x000000c0, pupdr: 0x00000100 },
}
const RESET_OTHER: GpioReset = { moder: 0, ospeedr: 0, pupdr: 0 }

export class Gpio extends RegisterFile<Name> {
  constructor(reset: GpioReset = RESET_OTHER) {
    super(registers(reset))
  }

  protected override onRead(name: Name): number {
    if (name === 'BSRR') return 0
    return name === 'IDR' ? this.get('ODR') & this.#outputs : this.get(name)
  }

  protected override onWrite(name: Name, value: number, mask: number): void {
    if (name !== 'BSRR') {
      this.set(name, value)
      return
    }
    const set = value & mask & 0xffff
    const clear = (value & mask) >>> 16
    this.set('ODR', (this.get('ODR') & ~clear) | set)
  }

  /** Pins whose MODER field says output. */
  get #outputs(): number {
    let pins = 0
    for (let pin = 0; pin < 16; pin++) if (((this.get('MODER') >>> (2 * pin)) & 3) === 1) pins |= 1 << pin
    return pins
  }
}
