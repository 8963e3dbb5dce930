// A board on a serial line that faults can be put on, in emulated time alone: how busy the machine is makes no difference.
// Each byte passes the fault on its way; both ends run at a rate of their own, and hear each other only at the same one.

import type { Clock } from '../../src-main/base/clock.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import type { ByteStream } from '../../src-main/device/byte-stream.ts'
import { createFirmwareClient, type FirmwareClient } from '../../src-main/device/firmware-client.ts'
import { createLink, type Link } from '../../src-main/device/link.ts'
import { BASE_BAUD } from '../../src-main/device/link-protocol.ts'
import { Machine } from '../../src-main/emulator/machine.ts'
import { sameRate } from '../../src-main/emulator/stm32/usart.ts'
import { flashWith } from './flash-session.ts'

export type Direction = 'to the board' | 'to the host'

/** What becomes of byte `index` since the last `reset` of the count: the bytes that arrive, and how much later. */
export type LineFault = (direction: Direction, index: number, value: number) => { values: number[]; delayMs?: number }

interface Late {
  value: number
  dueMs: number
}

const SLICE_CYCLES = 50_000
const WELL: LineFault = (_direction, _index, value) => ({ values: [value] })

export class FaultyLine {
  readonly machine: Machine
  readonly clock: Clock
  fault = WELL
  /** the rate that the host's port is at */
  hostBaud = BASE_BAUD
  passed: Record<Direction, number> = { 'to the board': 0, 'to the host': 0 }
  #outgoing: Late[] = []
  #incoming: Late[] = []

  /** Switched on with the firmware and this model in flash; `change` breaks the board first. */
  constructor(id: string, blob: Uint8Array, change: (machine: Machine) => void = () => undefined) {
    const data = findBoardData(id)!
    const machine = new Machine(data)
    machine.preload(data.flash.start, flashWith(data, blob))
    change(machine)
    machine.reset()
    machine.serialPort.onTransmit = (byte, bitCycles) => {
      const heard = sameRate(machine.rcc.coreHz / this.hostBaud, bitCycles)
      this.#pass('to the host', heard ? byte : 0, this.#incoming)
    }
    this.machine = machine
    this.clock = { monotonicMs: () => (machine.scheduler.now / data.clock) * 1000, now: () => new Date(0) }
  }

  /** Another program opens the port: it begins at BASE_BAUD and knows nothing of the last one. */
  connect(): { link: Link; firmware: FirmwareClient } {
    this.hostBaud = BASE_BAUD
    const link = createLink(this.#stream(), this.clock)
    return { link, firmware: createFirmwareClient(link) }
  }

  /** Counts bytes from here on, and puts a fault on the line. */
  strike(fault: LineFault): void {
    this.passed = { 'to the board': 0, 'to the host': 0 }
    this.fault = fault
  }

  mend(): void {
    this.fault = WELL
  }

  /** Lets emulated time pass without a host. */
  pass(ms: number): void {
    const end = this.clock.monotonicMs() + ms
    while (this.clock.monotonicMs() < end) this.#run()
  }

  #pass(direction: Direction, value: number, queue: Late[]): void {
    const { values, delayMs = 0 } = this.fault(direction, this.passed[direction]++, value)
    const before = queue.at(-1)?.dueMs ?? 0 // what is late makes what follows late
    const dueMs = Math.max(before, this.clock.monotonicMs() + delayMs)
    for (const one of values) queue.push({ value: one, dueMs })
  }

  #due(queue: Late[]): Uint8Array {
    const now = this.clock.monotonicMs()
    const count = queue.findIndex(({ dueMs }) => dueMs > now)
    return Uint8Array.from(queue.splice(0, count < 0 ? queue.length : count), ({ value }) => value)
  }

  #run(): void {
    const { machine } = this
    const bytes = this.#due(this.#outgoing)
    if (bytes.length > 0) machine.serialPort.receive(bytes, machine.rcc.coreHz / this.hostBaud)
    if (machine.run(SLICE_CYCLES) === 'asleep') machine.sleep(SLICE_CYCLES)
  }

  #stream(): ByteStream {
    return {
      serial: {
        setBaud: async (baud) => {
          // What was written leaves first: a bit more than its time on the line.
          this.pass(((this.#outgoing.length + 1) * 11_000) / this.hostBaud)
          this.hostBaud = baud
        },
      },
      write: async (data) => {
        for (const byte of data) this.#pass('to the board', byte, this.#outgoing)
      },
      read: async (waitMs) => {
        const end = this.clock.monotonicMs() + waitMs
        for (;;) {
          const bytes = this.#due(this.#incoming)
          if (bytes.length > 0 || this.clock.monotonicMs() >= end) return bytes
          this.#run()
        }
      },
      close: async () => undefined,
    }
  }
}
