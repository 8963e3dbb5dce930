// Peripherals that are mostly storage: registers from a table, each with its reset value and its writable bits.

import type { Peripheral } from '../bus.ts'

export interface RegisterRow {
  offset: number
  reset?: number
  /** bits that a write changes; all of them when not given */
  writable?: number
}

export type RegisterTable<Name extends string> = Readonly<Record<Name, RegisterRow>>

export class RegisterFile<Name extends string> implements Peripheral {
  readonly #table: RegisterTable<Name>
  readonly #byOffset = new Map<number, Name>()
  readonly #values = {} as Record<Name, number>

  constructor(table: RegisterTable<Name>) {
    this.#table = table
    for (const name of Object.keys(table) as Name[]) this.#byOffset.set(table[name].offset, name)
    this.resetRegisters()
  }

  resetRegisters(): void {
    for (const name of this.#byOffset.values()) this.#values[name] = this.#table[name].reset ?? 0
  }

  get(name: Name): number {
    return this.#values[name]
  }

  set(name: Name, value: number): void {
    this.#values[name] = value
  }

  read(offset: number): number {
    const name = this.#byOffset.get(offset)
    return name === undefined ? 0 : this.onRead(name)
  }

  write(offset: number, value: number, mask: number): void {
    const name = this.#byOffset.get(offset)
    if (name === undefined) return
    const bits = mask & (this.#table[name].writable ?? -1)
    this.onWrite(name, (this.#values[name] & ~bits) | (value & bits), mask)
  }

  /** What software sees; registers with live status override it. */
  protected onRead(name: Name): number {
    return this.#values[name]
  }

  /** `value` is the register's new value, read-only bits kept; `mask` the bytes that were written. */
  protected onWrite(name: Name, value: number, _mask: number): void {
    this.#values[name] = value
  }
}
