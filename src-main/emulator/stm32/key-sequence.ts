// The key registers of ST's flash controllers.

/** What a key register makes of the words written to it: one wrong word locks it until reset. */
export class KeySequence {
  #position = 0
  #blocked = false
  readonly #keys: readonly number[]

  constructor(keys: readonly number[]) {
    this.#keys = keys
  }

  reset(): void {
    this.#position = 0
    this.#blocked = false
  }

  /** True when this word completes the sequence. */
  take(word: number): boolean {
    if (this.#blocked) return false
    if (word !== this.#keys[this.#position]) {
      this.#blocked = true
      return false
    }
    this.#position++
    if (this.#position < this.#keys.length) return false
    this.#position = 0
    return true
  }
}
