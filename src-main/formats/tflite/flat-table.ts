// Reading a flatbuffer that may be damaged: every offset, size and count is checked against the file before it is
// followed. The flatbuffers library trusts its input, so it writes here but does not read.

import { AppError } from '../../base/errors.ts'

export class FlatBuffer {
  readonly bytes: Uint8Array
  readonly view: DataView
  #budget: number

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#budget = 16 * bytes.length + 65536
  }

  /** Offsets may all point at one place; a file that asks for far more than it holds is refused, not worked through. */
  spend(units: number): void {
    this.#budget -= units
    if (this.#budget < 0) throw corrupt('its tables refer to the same bytes over and over')
  }

  root(): FlatTable {
    return new FlatTable(this, this.uint32(0, 'the root offset'), 'model')
  }

  range(at: number, size: number, what: string): number {
    if (at < 0 || at + size > this.bytes.length)
      throw corrupt(`${what} lies at byte ${at}, beyond the end of the file (${this.bytes.length} bytes)`)
    return at
  }

  uint32(at: number, what: string): number {
    return this.view.getUint32(this.range(at, 4, what), true)
  }
}

export interface FlatVector {
  start: number
  length: number
}

/** A table in the file; `what` names it in messages. Slots are those of schema.ts. */
export class FlatTable {
  readonly #file: FlatBuffer
  readonly #at: number
  readonly #vtable: number
  readonly #slots: number
  readonly #size: number
  readonly what: string

  constructor(file: FlatBuffer, at: number, what: string) {
    file.spend(4)
    this.#file = file
    this.#at = file.range(at, 4, what)
    this.what = what
    this.#vtable = file.range(at - file.view.getInt32(at, true), 4, `the field list of ${what}`)
    const bytes = file.view.getUint16(this.#vtable, true)
    this.#size = file.view.getUint16(this.#vtable + 2, true)
    if (bytes < 4 || bytes % 2 !== 0) throw corrupt(`the field list of ${what} is ${bytes} bytes long`)
    file.range(this.#vtable, bytes, `the field list of ${what}`)
    file.range(at, this.#size, what)
    this.#slots = (bytes - 4) / 2
  }

  /** Where the field lies, or undefined where it has its default. */
  #field(slot: number, size: number): number | undefined {
    if (slot >= this.#slots) return undefined
    const offset = this.#file.view.getUint16(this.#vtable + 4 + 2 * slot, true)
    if (offset === 0) return undefined
    if (offset + size > this.#size) throw corrupt(`field ${slot} of ${this.what} lies outside of it`)
    return this.#at + offset
  }

  int8(slot: number, fallback = 0): number {
    const at = this.#field(slot, 1)
    return at === undefined ? fallback : this.#file.view.getInt8(at)
  }

  bool(slot: number, fallback = false): boolean {
    return this.int8(slot, fallback ? 1 : 0) !== 0
  }

  int32(slot: number, fallback = 0): number {
    const at = this.#field(slot, 4)
    return at === undefined ? fallback : this.#file.view.getInt32(at, true)
  }

  uint32(slot: number, fallback = 0): number {
    return this.int32(slot, fallback) >>> 0
  }

  uint64(slot: number): bigint {
    const at = this.#field(slot, 8)
    return at === undefined ? 0n : this.#file.view.getBigUint64(at, true)
  }

  float32(slot: number, fallback = 0): number {
    const at = this.#field(slot, 4)
    return at === undefined ? fallback : this.#file.view.getFloat32(at, true)
  }

  #target(slot: number, what: string): number | undefined {
    const at = this.#field(slot, 4)
    return at === undefined ? undefined : at + this.#file.uint32(at, what)
  }

  table(slot: number, what: string): FlatTable | undefined {
    const at = this.#target(slot, what)
    return at === undefined ? undefined : new FlatTable(this.#file, at, what)
  }

  /** A vector of `elementSize` bytes an element, wholly inside the file. */
  vector(slot: number, elementSize: number, what: string): FlatVector | undefined {
    const at = this.#target(slot, what)
    if (at === undefined) return undefined
    const length = this.#file.uint32(at, what)
    this.#file.range(at + 4, length * elementSize, what)
    return { start: at + 4, length }
  }

  #numbers<T>(slot: number, size: number, what: string, read: (view: DataView, at: number) => T): T[] {
    const vector = this.vector(slot, size, what)
    if (vector === undefined) return []
    this.#file.spend(vector.length * size)
    return Array.from({ length: vector.length }, (_, i) => read(this.#file.view, vector.start + i * size))
  }

  int32s = (slot: number, what: string) => this.#numbers(slot, 4, what, (view, at) => view.getInt32(at, true))
  float32s = (slot: number, what: string) => this.#numbers(slot, 4, what, (view, at) => view.getFloat32(at, true))
  int64s = (slot: number, what: string) => this.#numbers(slot, 8, what, (view, at) => view.getBigInt64(at, true))

  string(slot: number, what: string): string | undefined {
    const vector = this.vector(slot, 1, what)
    if (vector === undefined) return undefined
    this.#file.spend(vector.length)
    return new TextDecoder().decode(this.#file.bytes.subarray(vector.start, vector.start + vector.length))
  }

  tables(slot: number, what: string): FlatTable[] {
    const vector = this.vector(slot, 4, `the list of ${what}s`)
    if (vector === undefined) return []
    this.#file.spend(vector.length * 4)
    return Array.from({ length: vector.length }, (_, i) => {
      const at = vector.start + 4 * i
      return new FlatTable(this.#file, at + this.#file.uint32(at, what), `${what} ${i}`)
    })
  }
}

export const corrupt = (problem: string) =>
  new AppError('MODEL_CORRUPT', `This is not a sound TFLite file: ${problem}.`)
