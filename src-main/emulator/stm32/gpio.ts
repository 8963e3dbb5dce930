// A GPIO port of the STM32F4: outputs read back, inputs read low. Source: RM0090, section 8.4.

import { RegisterFile, type RegisterTable } from './register-file.ts'

const registers = (reset: { moder: number; ospeedr: number; pupdr: number }) =>
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

/** Port A and B come up with the debug pins switched to them. */
const RESET_A = { moder: 0xa8000000 | 0, ospeedr: 0, pupdr: 0x64000000 }
const RESET_B = { moder: 0x00000280, ospeedr: 0x000000c0, pupdr: 0x00000100 }
const RESET_OTHER = { moder: 0, ospeedr: 0, pupdr: 0 }

export class Gpio extends RegisterFile<Name> {
  constructor(port: string) {
    super(registers(port === 'A' ? RESET_A : port === 'B' ? RESET_B : RESET_OTHER))
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
