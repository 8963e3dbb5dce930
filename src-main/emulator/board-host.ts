// Keeps a machine running and lets a probe at it between slices. The same host runs in the caller's thread and in
// a worker. While the core sleeps or stands still no processor time is burnt: the next look is put on a timer,
// and any probe access brings it forward.

import { AppError, toAppError, type ErrorDto } from '../base/errors.ts'
import { hexAddr } from '../base/units.ts'
import type { BoardData } from '../device/board-data.ts'
import type { ExecutionMark } from '../device/board.ts'
import { BusFault } from './core/faults.ts'
import { Machine, type MachineOptions, type RunState } from './machine.ts'

export type BoardRequest =
  | { kind: 'read'; address: number; length: number }
  | { kind: 'write'; address: number; data: Uint8Array }
  | { kind: 'reset' }
  | { kind: 'marks' }
  | { kind: 'unplug' }

export type BoardReply = { ok: true; value: Uint8Array | ExecutionMark[] | undefined } | { ok: false; error: ErrorDto }

/** Cycles between two looks at the outside. */
const SLICE_CYCLES = 150_000
/** How often a sleeping core is looked at, and how much of its time passes then: about real time at 168 MHz. */
const IDLE_MS = 4
/** What one probe transaction takes: a USB full-speed frame. Passes while the core does not execute. */
const TRANSACTION_S = 1e-3

type Timer = { cancel: () => void }

const soon = (work: () => void): Timer => {
  const handle = setImmediate(work)
  return { cancel: () => clearImmediate(handle) }
}
const later = (work: () => void): Timer => {
  const handle = setTimeout(work, IDLE_MS)
  // A sleeping board must not keep the process alive.
  handle.unref()
  return { cancel: () => clearTimeout(handle) }
}

export class BoardHost {
  readonly machine: Machine
  #timer: Timer | undefined
  #gone = false

  constructor(data: BoardData, flash?: Uint8Array, options?: MachineOptions) {
    this.machine = new Machine(data, options)
    if (flash !== undefined && !this.machine.preload(data.flash.start, flash)) {
      throw new AppError('INTERNAL', `An image of ${flash.length} bytes does not fit the flash of ${data.board}.`)
    }
    this.machine.reset()
    this.#timer = soon(this.#runSlice)
  }

  /** Never throws: what went wrong is in the reply. */
  serve(request: BoardRequest): BoardReply {
    try {
      return { ok: true, value: this.#serve(request) }
    } catch (thrown) {
      return { ok: false, error: toAppError(thrown).toDto() }
    }
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#gone = true
  }

  #serve(request: BoardRequest): Uint8Array | ExecutionMark[] | undefined {
    if (this.#gone) throw new AppError('BOARD_GONE', `The board ${this.machine.data.board} was unplugged.`)
    switch (request.kind) {
      case 'read':
        return this.#transact(() => this.#read(request.address, request.length))
      case 'write':
        this.#transact(() => this.#write(request.address, request.data))
        return undefined
      case 'reset':
        this.machine.reset()
        this.#wake()
        return undefined
      case 'marks': {
        const marks = this.machine.marks
        this.machine.marks = []
        return marks
      }
      case 'unplug':
        this.close()
        return undefined
    }
  }

  /** One access by the debugger's bus master, with the time that it takes. */
  #transact<T>(access: () => T): T {
    const { machine } = this
    machine.bus.debugger = true
    try {
      return access()
    } catch (thrown) {
      if (!(thrown instanceof BusFault)) throw thrown
      throw new AppError('BOARD_FAULT', `The bus answered an access to ${hexAddr(thrown.address)} with an error.`, {
        hint: 'Nothing answers at this address, or flash was written without its controller being ready for it.',
        context: { address: hexAddr(thrown.address) },
      })
    } finally {
      machine.bus.debugger = false
      machine.settle()
      const { core, scheduler, rcc } = machine
      if (core.debug.halted || core.lockedUp) scheduler.pass(Math.ceil(TRANSACTION_S * rcc.coreHz))
      this.#wake()
    }
  }

  /** As a MEM-AP reads: words where address and length allow, memory in one piece. */
  #read(address: number, length: number): Uint8Array {
    const { memory, bus } = this.machine
    const offset = memory.offsetOf(address)
    if (offset >= 0 && memory.offsetOf(address + length - 1) === offset + length - 1) {
      return memory.u8.slice(offset, offset + length)
    }
    const bytes = new Uint8Array(length)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < length;) {
      const size = accessSize(address + at, length - at)
      const value = bus.read((address + at) >>> 0, size)
      if (size === 4) view.setInt32(at, value, true)
      else if (size === 2) view.setUint16(at, value, true)
      else view.setUint8(at, value)
      at += size
    }
    return bytes
  }

  #write(address: number, data: Uint8Array): void {
    const { bus } = this.machine
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    for (let at = 0; at < data.length;) {
      const size = accessSize(address + at, data.length - at)
      const value = size === 4 ? view.getInt32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at)
      bus.write((address + at) >>> 0, size, value)
      at += size
    }
  }

  /** Looks at the machine now rather than at its timer. */
  #wake(): void {
    this.#schedule(soon)
  }

  #schedule(when: (work: () => void) => Timer): void {
    this.#timer?.cancel()
    this.#timer = this.#gone ? undefined : when(this.#runSlice)
  }

  readonly #runSlice = (): void => {
    const { scheduler } = this.machine
    const state = this.machine.run(SLICE_CYCLES)
    if (state === 'running') this.#schedule(soon)
    else if (state === 'asleep' && scheduler.next < Infinity) this.#schedule(this.#idle() === 'asleep' ? later : soon)
  }

  /** Lets a sleeping core's time run on to what wakes it; as long as it only ticks, about a timer's worth of it. */
  #idle(): RunState {
    const { machine } = this
    const until = machine.scheduler.now + Math.ceil((IDLE_MS / 1000) * machine.rcc.coreHz)
    let state: RunState = 'asleep'
    while (state === 'asleep' && machine.scheduler.now < until && machine.scheduler.next < Infinity) {
      machine.sleep(Infinity)
      state = machine.run(SLICE_CYCLES)
    }
    return state
  }
}

/** The widest access that is aligned and not longer than what is left. */
function accessSize(address: number, left: number): number {
  if (left >= 4 && (address & 3) === 0) return 4
  // A word-aligned tail of two bytes may be a halfword; odd ends are bytes.
  return left >= 2 && (address & 1) === 0 ? 2 : 1
}
