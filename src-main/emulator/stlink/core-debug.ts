// What an ST-Link's firmware does with the core by itself, through the first access port.
// Registers: ARM DDI 0403 (Armv7-M ARM), C1.6.

import type { Dap } from '../dap.ts'

const AIRCR = 0xe000ed0c
const AIRCR_SYSRESETREQ = 0x05fa0004
const DCRSR = 0xe000edf4
const DCRDR = 0xe000edf8
const DCRSR_WRITE = 1 << 16

/** R0 to R15, xPSR, MSP, PSP, CONTROL with the masks, and a word that means nothing. */
const ALL_REGISTERS = [...Array.from({ length: 19 }, (_, register) => register), 20, 21]

export class CoreDebug {
  readonly #dap: Dap

  constructor(dap: Dap) {
    this.#dap = dap
  }

  readWord(address: number): number {
    const bytes = this.#dap.readBlock(0, address, 4, 4)
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
  }

  writeWord(address: number, value: number): void {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, value, true)
    this.#dap.writeBlock(0, address, bytes, 4)
  }

  readRegister(register: number): number {
    this.writeWord(DCRSR, register)
    return this.readWord(DCRDR)
  }

  writeRegister(register: number, value: number): void {
    this.writeWord(DCRDR, value)
    this.writeWord(DCRSR, DCRSR_WRITE | register)
  }

  readAll(): number[] {
    return ALL_REGISTERS.map((register) => this.readRegister(register))
  }

  requestReset(): void {
    this.writeWord(AIRCR, AIRCR_SYSRESETREQ)
  }
}
