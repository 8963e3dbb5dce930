// A bit of the RCC lets each peripheral's clock through; registers without it read as zero and ignore writes. Sources:
// RM0090, chapter 7; RM0385, chapter 5. For the STM32H74x RM0433 (chapter 8) says only that such accesses are not
// supported; they are taken to end the same.

import type { Bus, Peripheral } from '../bus.ts'

/** A bit of an enable register of the RCC. */
export type ClockGate<Register extends string> = readonly [register: Register, bit: number]

/** A peripheral behind its gate; what it does by itself goes on. */
export class GatedPeripheral implements Peripheral {
  readonly behind: Peripheral
  readonly #hasClock: () => boolean

  constructor(behind: Peripheral, hasClock: () => boolean) {
    this.behind = behind
    this.#hasClock = hasClock
  }

  read(offset: number): number {
    return this.#hasClock() ? this.behind.read(offset) : 0
  }

  write(offset: number, value: number, mask: number): void {
    if (this.#hasClock()) this.behind.write(offset, value, mask)
  }
}

/** Whether an RCC lets a clock through. */
export interface ClockSource<Register extends string> {
  get(register: Register): number
}

/** Attaches peripherals, each a block of `size` bytes, behind their gates. */
export const gatedBlocks =
  <Register extends string>(bus: Bus, size: number, rcc: ClockSource<Register>) =>
  (address: number, gate: ClockGate<Register>, peripheral: Peripheral): void =>
    bus.attach(address, size, new GatedPeripheral(peripheral, () => hasClock(rcc, gate)))

export const hasClock = <Register extends string>(rcc: ClockSource<Register>, [register, bit]: ClockGate<Register>) =>
  ((rcc.get(register) >>> bit) & 1) !== 0
