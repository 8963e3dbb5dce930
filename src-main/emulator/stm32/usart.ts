// A USART of the STM32F4 in asynchronous mode, 8 data bits, between the core and a byte stream of the host.
// A received byte waits until the last one was read: nothing is overrun. Source: RM0090, section 30.6.

import type { Scheduler, TimedEvent } from '../scheduler.ts'
import { RegisterFile, type RegisterTable } from './register-file.ts'

const SR = { RXNE: 1 << 5, TC: 1 << 6, TXE: 1 << 7 } as const
const CR1 = { RE: 1 << 2, TE: 1 << 3, RXNEIE: 1 << 5, TCIE: 1 << 6, TXEIE: 1 << 7, UE: 1 << 13 } as const
/** start bit, 8 data bits, stop bit */
const FRAME_BITS = 10

const NAMED = {
  SR: { offset: 0x00, reset: SR.TC | SR.TXE },
  DR: { offset: 0x04, writable: 0x1ff },
  BRR: { offset: 0x08, writable: 0xffff },
  CR1: { offset: 0x0c },
  CR2: { offset: 0x10 },
  CR3: { offset: 0x14 },
  GTPR: { offset: 0x18 },
} satisfies RegisterTable<string>
type Name = keyof typeof NAMED

export interface UsartParts {
  scheduler: Scheduler
  /** core cycles in a cycle of the peripheral's clock */
  clockDivider: () => number
  interrupt: () => void
}

export class Usart extends RegisterFile<Name> {
  /** a byte that left the transmitter */
  onTransmit: (byte: number) => void = () => undefined
  /** the receiver can take more: the queue of received bytes ran empty */
  onDrained: () => void = () => undefined
  readonly #received: number[] = []
  #receiveData = 0
  /** in the data register, waiting for the shift register */
  #held: number | undefined
  #shifting: number | undefined
  readonly #transmitted: TimedEvent
  readonly #arrived: TimedEvent
  readonly #parts: UsartParts

  constructor(parts: UsartParts) {
    super(NAMED)
    this.#parts = parts
    this.#transmitted = parts.scheduler.event(() => this.#onTransmitted())
    this.#arrived = parts.scheduler.event(() => this.#onArrived())
  }

  reset(): void {
    this.resetRegisters()
    this.#held = this.#shifting = undefined
    this.#parts.scheduler.schedule(this.#transmitted, Infinity)
    this.#parts.scheduler.schedule(this.#arrived, Infinity)
  }

  /** Bytes from the host; they arrive one by one at the line's speed. Returns how many now wait. */
  receive(bytes: Uint8Array): number {
    for (const byte of bytes) this.#received.push(byte)
    this.#listen()
    return this.#received.length
  }

  #on(bits: number): boolean {
    return (this.get('CR1') & (bits | CR1.UE)) === (bits | CR1.UE)
  }

  get #frameCycles(): number {
    return Math.max(1, FRAME_BITS * this.get('BRR') * this.#parts.clockDivider())
  }

  protected override onRead(name: Name): number {
    if (name !== 'DR') return this.get(name)
    this.set('SR', this.get('SR') & ~SR.RXNE)
    this.#listen()
    return this.#receiveData
  }

  protected override onWrite(name: Name, value: number, mask: number): void {
    switch (name) {
      case 'SR':
        // RXNE and TC are cleared by writing zeros.
        this.set('SR', this.get('SR') & ~(~value & mask & (SR.RXNE | SR.TC)))
        break
      case 'DR':
        this.#transmit(value & 0xff)
        break
      default:
        this.set(name, value)
        if (name === 'CR1') {
          this.#listen()
          this.#interrupt()
        }
    }
  }

  #transmit(byte: number): void {
    if (!this.#on(CR1.TE)) return
    this.set('SR', this.get('SR') & ~SR.TC)
    if (this.#shifting === undefined) this.#shift(byte)
    else {
      this.#held = byte
      this.set('SR', this.get('SR') & ~SR.TXE)
    }
  }

  #shift(byte: number): void {
    const { scheduler } = this.#parts
    this.#shifting = byte
    scheduler.schedule(this.#transmitted, scheduler.now + this.#frameCycles)
  }

  #onTransmitted(): void {
    const byte = this.#shifting!
    this.#shifting = undefined
    if (this.#held === undefined) this.set('SR', this.get('SR') | SR.TC)
    else {
      this.#shift(this.#held)
      this.#held = undefined
      this.set('SR', this.get('SR') | SR.TXE)
    }
    this.onTransmit(byte)
    this.#interrupt()
  }

  /** Starts the next frame on the line when the receiver can take it. */
  #listen(): void {
    const { scheduler } = this.#parts
    const ready = this.#on(CR1.RE) && (this.get('SR') & SR.RXNE) === 0 && this.#arrived.due === Infinity
    if (ready && this.#received.length > 0) scheduler.schedule(this.#arrived, scheduler.now + this.#frameCycles)
  }

  #onArrived(): void {
    const byte = this.#received.shift()
    if (byte === undefined) return
    this.#receiveData = byte
    this.set('SR', this.get('SR') | SR.RXNE)
    this.#interrupt()
    if (this.#received.length === 0) this.onDrained()
  }

  #interrupt(): void {
    const status = this.get('SR')
    const enabled = this.get('CR1')
    // The interrupt enables lie at the bits of their flags.
    if ((status & enabled & (SR.RXNE | SR.TC | SR.TXE)) !== 0) this.#parts.interrupt()
  }
}
