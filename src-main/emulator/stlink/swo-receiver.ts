// The probe's receiver of SWO: an asynchronous serial line into a buffer that the host empties.

import { TRACE_BUFFER_BYTES } from '../../device/stlink/protocol.ts'

/** A serial line is read as long as both sides' clocks are this close: half a bit over a byte of ten. */
const MOST_DEVIATION = 0.05

export class SwoReceiver {
  #baud: number | undefined
  #bytes: number[] = []

  start(baud: number): void {
    this.#baud = baud
    this.#bytes = []
  }

  stop(): void {
    this.#baud = undefined
    this.#bytes = []
  }

  get waiting(): number {
    return this.#bytes.length
  }

  /** What comes at another speed is unreadable, and what does not fit is lost. */
  receive(bytes: Uint8Array, baud: number): void {
    if (this.#baud === undefined || Math.abs(baud / this.#baud - 1) > MOST_DEVIATION) return
    this.#bytes.push(...bytes.subarray(0, TRACE_BUFFER_BYTES - this.#bytes.length))
  }

  take(length: number): Uint8Array {
    return Uint8Array.from(this.#bytes.splice(0, length))
  }
}
