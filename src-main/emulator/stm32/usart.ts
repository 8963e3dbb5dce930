// A USART in asynchronous mode, 8 data bits, between the core and a byte stream of the host. Two register layouts: that
// of the STM32F4 and that of the STM32F7 and H7 (without their FIFOs). A received byte waits until the last one was
// read: nothing is overrun. A byte that comes at another rate than the receiver's is a framing error; which bits it would
// take from the wire is not modelled, it reads as zero. Sources: RM0090, section 30.6; RM0385, section 31.8; RM0433, section 48.7.

import type { Scheduler, TimedEvent } from '../scheduler.ts'
import { RegisterFile, type RegisterTable } from './register-file.ts'

/** the same bits in SR and in ISR */
const STATUS = { FE: 1 << 1, RXNE: 1 << 5, TC: 1 << 6, TXE: 1 << 7 } as const
const CR1 = { RE: 1 << 2, TE: 1 << 3, RXNEIE: 1 << 5, TCIE: 1 << 6, TXEIE: 1 << 7 } as const
/** start bit, 8 data bits, stop bit */
const FRAME_BITS = 10
/** how far the receiver may be off, with three samples a bit and a fraction in BRR: RM0090, section 30.3.5 */
const TOLERANCE = 0.0333

type Name = 'CR1' | 'CR2' | 'CR3' | 'BRR' | 'GTPR' | 'STATUS' | 'CLEAR' | 'RECEIVE' | 'TRANSMIT' | 'DATA'

export interface UsartLayout {
  registers: RegisterTable<Name>
  /** CR1.UE */
  enable: number
  /** set in the status while transmitter and receiver are on */
  acknowledges: { transmitter: number; receiver: number }
}

/** Registers that a layout does not have stand where no access goes. */
const NOWHERE = { offset: -1 }

export const USART_F4: UsartLayout = {
  registers: {
    STATUS: { offset: 0x00, reset: STATUS.TC | STATUS.TXE },
    DATA: { offset: 0x04, writable: 0x1ff },
    BRR: { offset: 0x08, writable: 0xffff },
    CR1: { offset: 0x0c },
    CR2: { offset: 0x10 },
    CR3: { offset: 0x14 },
    GTPR: { offset: 0x18 },
    CLEAR: NOWHERE,
    RECEIVE: NOWHERE,
    TRANSMIT: NOWHERE,
  },
  enable: 1 << 13,
  acknowledges: { transmitter: 0, receiver: 0 },
}

export const USART_F7: UsartLayout = {
  registers: {
    CR1: { offset: 0x00 },
    CR2: { offset: 0x04 },
    CR3: { offset: 0x08 },
    BRR: { offset: 0x0c, writable: 0xffff },
    GTPR: { offset: 0x10 },
    STATUS: { offset: 0x1c, reset: STATUS.TC | STATUS.TXE, writable: 0 },
    CLEAR: { offset: 0x20 },
    RECEIVE: { offset: 0x24, writable: 0 },
    TRANSMIT: { offset: 0x28 },
    DATA: NOWHERE,
  },
  enable: 1 << 0,
  acknowledges: { transmitter: 1 << 21, receiver: 1 << 22 },
}

export interface UsartParts {
  scheduler: Scheduler
  /** core cycles in a cycle of the peripheral's clock */
  clockDivider: () => number
  interrupt: () => void
}

/** A byte on the line, and how many cycles of the core each of its bits lasts. */
interface LineByte {
  value: number
  bitCycles: number
}

/** Whether a receiver at one rate understands a sender at the other. */
export const sameRate = (a: number, b: number) => Math.abs(a - b) <= TOLERANCE * b

export class Usart extends RegisterFile<Name> {
  /** a byte that left the transmitter, and how many cycles of the core each of its bits lasted */
  onTransmit: (byte: number, bitCycles: number) => void = () => undefined
  /** the receiver can take more: the queue of received bytes ran empty */
  onDrained: () => void = () => undefined
  readonly #received: LineByte[] = []
  #receiveData = 0
  /** in the data register, waiting for the shift register */
  #held: number | undefined
  #shifting: number | undefined
  readonly #transmitted: TimedEvent
  readonly #arrived: TimedEvent
  readonly #layout: UsartLayout
  readonly #parts: UsartParts

  constructor(layout: UsartLayout, parts: UsartParts) {
    super(layout.registers)
    this.#layout = layout
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

  /**
   * Bytes from the host; they arrive one by one at the line's speed. Returns how many now wait. `bitCycles` is what the
   * host's bits last, in cycles of the core; without it the host is at the receiver's rate, whichever that is.
   */
  receive(bytes: Uint8Array, bitCycles = 0): number {
    for (const value of bytes) this.#received.push({ value, bitCycles })
    this.#listen()
    return this.#received.length
  }

  #on(bits: number): boolean {
    const needed = bits | this.#layout.enable
    return (this.get('CR1') & needed) === needed
  }

  get #bitCycles(): number {
    return Math.max(1, this.get('BRR') * this.#parts.clockDivider())
  }

  protected override onRead(name: Name): number {
    if (name === 'STATUS') return this.get('STATUS') | this.#acknowledges
    if (name !== 'DATA' && name !== 'RECEIVE') return name === 'CLEAR' ? 0 : this.get(name)
    this.set('STATUS', this.get('STATUS') & ~(STATUS.RXNE | (name === 'DATA' ? STATUS.FE : 0)))
    this.#listen()
    return this.#receiveData
  }

  get #acknowledges(): number {
    const { transmitter, receiver } = this.#layout.acknowledges
    return (this.#on(CR1.TE) ? transmitter : 0) | (this.#on(CR1.RE) ? receiver : 0)
  }

  protected override onWrite(name: Name, value: number, mask: number): void {
    switch (name) {
      case 'STATUS':
        // RXNE and TC are cleared by writing zeros.
        if (this.#layout === USART_F4) this.#clear(~value & mask & (STATUS.RXNE | STATUS.TC))
        break
      case 'CLEAR':
        this.#clear(value & mask & (STATUS.TC | STATUS.FE))
        break
      case 'DATA':
      case 'TRANSMIT':
        this.#transmit(value & 0xff)
        break
      case 'BRR':
        // RM0385 31.8.4: "can only be written when the USART is disabled"
        if (this.#layout === USART_F4 || !this.#on(0)) this.set(name, value)
        break
      default:
        this.set(name, value)
        if (name === 'CR1') {
          this.#listen()
          this.#interrupt()
        }
    }
  }

  #clear(flags: number): void {
    this.set('STATUS', this.get('STATUS') & ~flags)
  }

  #transmit(byte: number): void {
    if (!this.#on(CR1.TE)) return
    this.set('STATUS', this.get('STATUS') & ~STATUS.TC)
    if (this.#shifting === undefined) this.#shift(byte)
    else {
      this.#held = byte
      this.set('STATUS', this.get('STATUS') & ~STATUS.TXE)
    }
  }

  #shift(byte: number): void {
    const { scheduler } = this.#parts
    this.#shifting = byte
    scheduler.schedule(this.#transmitted, scheduler.now + FRAME_BITS * this.#bitCycles)
  }

  #onTransmitted(): void {
    const byte = this.#shifting!
    this.#shifting = undefined
    if (this.#held === undefined) this.set('STATUS', this.get('STATUS') | STATUS.TC)
    else {
      this.#shift(this.#held)
      this.#held = undefined
      this.set('STATUS', this.get('STATUS') | STATUS.TXE)
    }
    this.onTransmit(byte, this.#bitCycles)
    this.#interrupt()
  }

  /** Starts the next frame on the line when the receiver can take it. */
  #listen(): void {
    const { scheduler } = this.#parts
    const ready = this.#on(CR1.RE) && (this.get('STATUS') & STATUS.RXNE) === 0 && this.#arrived.due === Infinity
    const first = this.#received[0]
    if (!ready || first === undefined) return
    scheduler.schedule(this.#arrived, scheduler.now + FRAME_BITS * (first.bitCycles || this.#bitCycles))
  }

  #onArrived(): void {
    const byte = this.#received.shift()
    if (byte === undefined) return
    const framed = byte.bitCycles === 0 || sameRate(byte.bitCycles, this.#bitCycles)
    this.#receiveData = framed ? byte.value : 0
    this.set('STATUS', this.get('STATUS') | STATUS.RXNE | (framed ? 0 : STATUS.FE))
    this.#interrupt()
    if (this.#received.length === 0) this.onDrained()
  }

  #interrupt(): void {
    const status = this.get('STATUS')
    const enabled = this.get('CR1')
    // The interrupt enables lie at the bits of their flags.
    if ((status & enabled & (STATUS.RXNE | STATUS.TC | STATUS.TXE)) !== 0) this.#parts.interrupt()
  }
}
