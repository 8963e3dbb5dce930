// DBGMCU: the chip's identification, and what stands still while a debugger has halted the core. A system reset leaves
// it alone. Sources: RM0090, 38.16; RM0385, 40.16; RM0433, 60.5.8.

import { RegisterFile, type RegisterTable } from './register-file.ts'

/** Where a watchdog's freeze bit is. */
type FreezeBit<Name extends string> = readonly [register: Name, bit: number]

export class Dbgmcu<Name extends string> extends RegisterFile<Name | 'IDCODE'> {
  readonly #freeze: { iwdg: FreezeBit<Name>; wwdg: FreezeBit<Name> }

  constructor(idCode: number, table: RegisterTable<Name>, freeze: { iwdg: FreezeBit<Name>; wwdg: FreezeBit<Name> }) {
    super({ ...table, IDCODE: { offset: 0x00, reset: idCode, writable: 0 } })
    this.#freeze = freeze
  }

  stops(watchdog: 'iwdg' | 'wwdg'): boolean {
    const [register, bit] = this.#freeze[watchdog]
    return ((this.get(register) >>> bit) & 1) !== 0
  }
}

/** of the STM32F405/407 and the STM32F74x */
export const dbgmcuF4 = (idCode: number) =>
  new Dbgmcu<'CR' | 'APB1_FZ' | 'APB2_FZ'>(
    idCode,
    { CR: { offset: 0x04 }, APB1_FZ: { offset: 0x08 }, APB2_FZ: { offset: 0x0c } },
    { iwdg: ['APB1_FZ', 12], wwdg: ['APB1_FZ', 11] },
  )

export const dbgmcuH7 = (idCode: number) =>
  new Dbgmcu<'CR' | 'APB3FZ1' | 'APB1LFZ1' | 'APB2FZ1' | 'APB4FZ1'>(
    idCode,
    {
      CR: { offset: 0x04 },
      APB3FZ1: { offset: 0x34 },
      APB1LFZ1: { offset: 0x3c },
      APB2FZ1: { offset: 0x4c },
      APB4FZ1: { offset: 0x54 },
    },
    { iwdg: ['APB4FZ1', 18], wwdg: ['APB3FZ1', 6] },
  )
