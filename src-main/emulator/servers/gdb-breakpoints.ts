// Breakpoints: comparators of the FPB for flash, BKPT instructions for RAM.
// Source: ARM DDI 0403E (Armv7-M ARM), C1.11.

import { addr, type Addr } from '../../base/units.ts'
import type { Probe } from '../../device/probe.ts'

const FP_CTRL = addr(0xe0002000)
const FP_COMP0 = 0xe0002008
const FP_KEY_ENABLE = 3
const BKPT = Uint8Array.of(0x00, 0xbe)

export class Breakpoints {
  readonly #probe: Probe
  /** what each comparator stops at */
  #comparators: (number | undefined)[] = []
  #version = 1
  /** the instruction that a BKPT has replaced */
  readonly #replaced = new Map<number, Uint8Array>()

  constructor(probe: Probe) {
    this.#probe = probe
  }

  /** Switches the FPB on with nothing set. */
  async open(): Promise<void> {
    const control = await this.#probe.readWord(FP_CTRL)
    const count = ((control >>> 4) & 15) | ((control >>> 8) & 0x70)
    this.#version = control >>> 28 === 0 ? 1 : 2
    this.#comparators = Array.from({ length: count }, () => undefined)
    for (let index = 0; index < count; index++) await this.#set(index, undefined)
    await this.#probe.writeWord(FP_CTRL, FP_KEY_ENABLE)
  }

  /** False: no comparator is left, or none reaches there. */
  async addHardware(address: number): Promise<boolean> {
    if (this.#comparators.includes(address)) return true
    const free = this.#comparators.indexOf(undefined)
    if (free < 0 || (this.#version === 1 && address >= 0x20000000)) return false
    await this.#set(free, address)
    return true
  }

  async removeHardware(address: number): Promise<void> {
    const index = this.#comparators.indexOf(address)
    if (index >= 0) await this.#set(index, undefined)
  }

  async addSoftware(address: number): Promise<void> {
    if (this.#replaced.has(address)) return
    const original = await this.#probe.read(addr(address), BKPT.length)
    await this.#probe.write(addr(address), BKPT)
    this.#replaced.set(address, original)
  }

  async removeSoftware(address: number): Promise<void> {
    const original = this.#replaced.get(address)
    if (original === undefined) return
    await this.#probe.write(addr(address), original)
    this.#replaced.delete(address)
  }

  /** Does something to the core, a step say, as if nothing were set at the address where it stands. */
  async liftedAt<T>(address: number, work: () => Promise<T>): Promise<T> {
    const index = this.#comparators.indexOf(address)
    const software = this.#replaced.has(address)
    if (index >= 0) await this.#set(index, undefined)
    if (software) await this.removeSoftware(address)
    const result = await work()
    if (index >= 0) await this.#set(index, address)
    if (software) await this.addSoftware(address)
    return result
  }

  isSetAt(address: number): boolean {
    return this.#comparators.includes(address) || this.#replaced.has(address)
  }

  async removeAll(): Promise<void> {
    for (const address of this.#comparators) if (address !== undefined) await this.removeHardware(address)
    for (const address of [...this.#replaced.keys()]) await this.removeSoftware(address)
  }

  async #set(index: number, address: number | undefined): Promise<void> {
    this.#comparators[index] = address
    const register: Addr = addr(FP_COMP0 + 4 * index)
    await this.#probe.writeWord(register, address === undefined ? 0 : this.#comparator(address))
  }

  /** Version 1 names the halfword of a word, version 2 the address itself. */
  #comparator(address: number): number {
    if (this.#version === 2) return (address | 1) >>> 0
    return (((address & 2 ? 2 : 1) << 30) | (address & 0x1ffffffc) | 1) >>> 0
  }
}
