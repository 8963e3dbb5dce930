// Read-only words: identification that is burnt into the chip.

import type { Peripheral } from '../bus.ts'

export class FixedWords implements Peripheral {
  readonly #words: ReadonlyMap<number, number>

  constructor(words: Readonly<Record<number, number>>) {
    this.#words = new Map(Object.entries(words).map(([offset, word]) => [Number(offset), word]))
  }

  read(offset: number): number {
    return this.#words.get(offset) ?? 0
  }

  write(): void {
    // Read-only memory ignores writes.
  }
}
