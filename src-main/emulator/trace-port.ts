// From ITM to the SWO pin: packets, and the unit that sends them as a serial line. In the F4 and F7 that is the core's TPIU,
// in the H7 an SWO unit of its own with the same registers. Its formatter is always bypassed, as both allow for SWO, and
// bytes take no time on the wire. Sources: ARM DDI 0403E, C1.10 (TPIU) and appendix D4 (packets); RM0433 60.5.6 (SWO).

import type { Peripheral } from './bus.ts'

/** By DBGMCU device id; the other chips have it where the core does. */
const SWO_ADDRESS: Readonly<Record<number, number>> = { 0x450: 0x5c003000 }
const TPIU_ADDRESS = 0xe0040000

export const tracePortAddress = (idCode: number) => SWO_ADDRESS[idCode] ?? TPIU_ADDRESS

const OFFSET = { SSPSR: 0x000, CSPSR: 0x004, ACPR: 0x010, SPPR: 0x0f0, FFSR: 0x300, FFCR: 0x304, DEVID: 0xfc8 } as const
const PRESCALER = 0x1fff
const PROTOCOL = { MASK: 3, NRZ: 2 } as const
/** FFSR.FtNonStop: the formatter can't be stopped. */
const NON_STOP = 1 << 3
/** DEVID: SWO in NRZ and in Manchester coding, a FIFO of four bytes. */
const DEVICE = (1 << 11) | (1 << 10) | (2 << 6)
const PORT_OF_ONE_PIN = 1

/** A word that firmware has written to a stimulus port, as the packet that says so. */
export function stimulusPacket(port: number, value: number, size: 1 | 2 | 4): Uint8Array {
  const packet = new Uint8Array(1 + size)
  packet[0] = (port << 3) | (size === 4 ? 3 : size)
  for (let i = 0; i < size; i++) packet[1 + i] = value >>> (8 * i)
  return packet
}

/** Bytes as they leave the pin, and how fast. */
export type OnTrace = (bytes: Uint8Array, baud: number) => void

export class TracePort implements Peripheral {
  #prescaler = 0
  #protocol = 1
  readonly #clockHz: () => number
  readonly #onTrace: OnTrace

  constructor(clockHz: () => number, onTrace: OnTrace) {
    this.#clockHz = clockHz
    this.#onTrace = onTrace
  }

  /** Only NRZ is a serial line that a probe's receiver understands. */
  send(bytes: Uint8Array): void {
    if (this.#protocol === PROTOCOL.NRZ) this.#onTrace(bytes, this.#clockHz() / (this.#prescaler + 1))
  }

  read(offset: number): number {
    switch (offset) {
      case OFFSET.SSPSR:
      case OFFSET.CSPSR:
        return PORT_OF_ONE_PIN
      case OFFSET.ACPR:
        return this.#prescaler
      case OFFSET.SPPR:
        return this.#protocol
      case OFFSET.FFSR:
        return NON_STOP
      case OFFSET.DEVID:
        return DEVICE
      default:
        return 0
    }
  }

  write(offset: number, value: number, mask: number): void {
    if (offset === OFFSET.ACPR) this.#prescaler = ((this.#prescaler & ~mask) | (value & mask)) & PRESCALER
    else if (offset === OFFSET.SPPR) this.#protocol = value & PROTOCOL.MASK
  }
}
