// The system control space: its registers belong to five units. Source: ARM DDI 0403 (Armv7-M ARM), B3.2.

import type { Peripheral } from '../bus.ts'
import type { Debug } from './debug.ts'
import type { Mpu } from './mpu.ts'
import type { Nvic } from './nvic.ts'
import type { Scb } from './scb.ts'
import type { SysTick } from './systick.ts'

export class SystemControlSpace implements Peripheral {
  readonly #unitAt: (offset: number) => Peripheral

  constructor(systick: SysTick, nvic: Nvic, scb: Scb, debug: Debug, mpu: Mpu) {
    this.#unitAt = (offset) => {
      if (offset >= 0x10 && offset < 0x20) return systick
      if ((offset >= 0x100 && offset < 0xd00) || offset === 0xf00) return nvic
      if (offset >= 0xd90 && offset < 0xdc0) return mpu
      return offset >= 0xdf0 && offset < 0xe00 ? debug : scb
    }
  }

  read(offset: number): number {
    return this.#unitAt(offset).read(offset)
  }

  write(offset: number, value: number, mask: number): void {
    this.#unitAt(offset).write(offset, value, mask)
  }
}
