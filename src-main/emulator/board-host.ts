// Keeps a machine running and lets a probe at it between slices. The same host runs in the caller's thread and in
// a worker. While the core sleeps or stands still no processor time is burnt: the next look is put on a timer,
// and any command to the probe brings it forward.

import { AppError, toAppError, type ErrorDto } from '../base/errors.ts'
import type { BoardData } from '../device/board-data.ts'
import type { ExecutionMark } from '../device/board.ts'
import { debugPortOf, type DebugPins } from '../device/debug-port.ts'
import type { StlinkGeneration } from '../device/stlink/protocol.ts'
import type { StlinkCommand } from '../device/stlink/transport.ts'
import { Dap, type AccessSize } from './dap.ts'
import { Machine, SLEEPDEEP, type MachineOptions, type RunState } from './machine.ts'
import { STLINK_MODELS } from './stlink/models.ts'
import { VirtualStlink } from './stlink/virtual-stlink.ts'

export type BoardRequest =
  | { kind: 'probe'; commands: readonly StlinkCommand[] }
  | { kind: 'trace'; length: number }
  | { kind: 'serial'; bytes: Uint8Array; baud: number | null }
  | { kind: 'marks' }
  | { kind: 'unplug' }

export interface HostOptions extends MachineOptions {
  /** what the flash holds at power-on, from its start; the rest is erased */
  flash?: Uint8Array | undefined
  /** the ST-Link that the board has */
  probe?: StlinkGeneration | undefined
}

export type BoardReply =
  { ok: true; value: Uint8Array[] | ExecutionMark[] | undefined } | { ok: false; error: ErrorDto }

/** Cycles between two looks at the outside. */
const SLICE_CYCLES = 150_000
/** How often a sleeping core is looked at, and how much of its time passes then: about real time at 168 MHz. */
const IDLE_MS = 4
/** What one command to a probe takes: a USB full-speed frame. Passes while the core does not execute. */
const TRANSACTION_S = 1e-3

/** Only what is due in time ends it: an interrupt, or a watchdog. */
const standsStill = (state: RunState) => state === 'asleep' || state === 'locked-up'

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
  /** what left the serial port since the last look at the outside, and the rate that it left at */
  onSerial: (bytes: Uint8Array, baud: number) => void = () => undefined
  #sent: number[] = []
  #sentBaud = 0
  #timer: Timer | undefined
  #gone = false
  #heldInReset = false
  readonly #stlink: VirtualStlink

  constructor(data: BoardData, { flash, probe = 'v3', ...options }: HostOptions = {}) {
    this.machine = new Machine(data, options)
    const debugPort = debugPortOf(data.idCode)
    if (debugPort === undefined) throw new AppError('INTERNAL', `Nobody has described the debug port of ${data.board}.`)
    this.#stlink = new VirtualStlink(
      STLINK_MODELS[probe],
      new Dap(
        debugPort,
        {
          read: (address, length, size) => this.#access(() => this.#read(address, length, size)),
          write: (address, bytes, size) => this.#access(() => this.#write(address, bytes, size)),
          driveReset: (low) => this.#driveReset(low),
        },
        () => this.machine.readProtection < 2 && this.#debugReaches(debugPort.pins),
      ),
    )
    this.machine.serialPort.onTransmit = (byte, bitCycles) => this.#transmit(byte, bitCycles)
    this.machine.onTrace = (bytes, baud) => this.#stlink.swo.receive(bytes, baud)
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

  #serve(request: BoardRequest): Uint8Array[] | ExecutionMark[] | undefined {
    if (this.#gone) throw new AppError('BOARD_GONE', `The board ${this.machine.data.board} was unplugged.`)
    switch (request.kind) {
      case 'probe':
        return request.commands.map((command) => this.#command(command))
      case 'trace':
        return [this.#stlink.swo.take(request.length)]
      case 'serial':
        this.machine.serialPort.receive(
          request.bytes,
          request.baud === null ? undefined : this.machine.rcc.coreHz / request.baud,
        )
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

  #transmit(byte: number, bitCycles: number): void {
    const baud = this.machine.rcc.coreHz / bitCycles
    if (baud !== this.#sentBaud) this.#handOver()
    this.#sentBaud = baud
    this.#sent.push(byte)
  }

  #handOver(): void {
    if (this.#sent.length > 0) this.onSerial(Uint8Array.from(this.#sent), this.#sentBaud)
    this.#sent = []
  }

  /** One command to the probe, with the time that it takes. */
  #command(command: StlinkCommand): Uint8Array {
    const { core, scheduler, rcc } = this.machine
    const answer = this.#stlink.execute(command)
    const cycles = Math.ceil(TRANSACTION_S * rcc.coreHz)
    if (core.debug.halted) scheduler.passHalted(cycles)
    else if (core.lockedUp) scheduler.pass(cycles)
    this.#wake()
    return answer
  }

  /** Accesses by the debugger's bus master. */
  #access<T>(access: () => T): T {
    const { machine } = this
    machine.intrude()
    machine.bus.debugger = true
    try {
      return access()
    } finally {
      machine.bus.debugger = false
      machine.settle()
    }
  }

  /** Whether the debug port is awake and still has its pins: a program can stop its clock, and use them for itself. */
  #debugReaches({ modeRegister, mask, alternate }: DebugPins): boolean {
    const { core, bus } = this.machine
    // DBGMCU's bit that would keep the clock on in stop mode is not modelled: it is off after a reset.
    if (core.sleeping && (core.scb.scr & SLEEPDEEP) !== 0) return false
    return (bus.held(modeRegister) & mask) === alternate
  }

  /** Memory in one piece, everything else by accesses of `size`. */
  #read(address: number, length: number, size: AccessSize): Uint8Array {
    const { memory, bus } = this.machine
    const offset = memory.offsetOf(address)
    if (offset >= 0 && memory.offsetOf(address + length - 1) === offset + length - 1) {
      return memory.u8.slice(offset, offset + length)
    }
    const bytes = new Uint8Array(length)
    const view = new DataView(bytes.buffer)
    for (let at = 0; at < length; at += size) {
      const value = bus.read((address + at) >>> 0, size)
      if (size === 4) view.setInt32(at, value, true)
      else if (size === 2) view.setUint16(at, value, true)
      else view.setUint8(at, value)
    }
    return bytes
  }

  #write(address: number, data: Uint8Array, size: AccessSize): void {
    const { bus } = this.machine
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
    for (let at = 0; at < data.length; at += size) {
      const value = size === 4 ? view.getInt32(at, true) : size === 2 ? view.getUint16(at, true) : view.getUint8(at)
      bus.write((address + at) >>> 0, size, value)
    }
  }

  /** nRST: while it is low nothing runs, and what a debugger has asked for counts when it rises. */
  #driveReset(low: boolean): void {
    if (this.#heldInReset === low) return
    this.#heldInReset = low
    this.machine.reset()
    this.#wake()
  }

  /** Looks at the machine now rather than at its timer. */
  #wake(): void {
    this.#schedule(soon)
  }

  #schedule(when: (work: () => void) => Timer): void {
    this.#timer?.cancel()
    this.#timer = this.#gone || this.#heldInReset ? undefined : when(this.#runSlice)
  }

  readonly #runSlice = (): void => {
    const { scheduler } = this.machine
    const state = this.machine.run(SLICE_CYCLES)
    if (state === 'running') this.#schedule(soon)
    else if (standsStill(state) && scheduler.next < Infinity) this.#schedule(standsStill(this.#idle()) ? later : soon)
    this.#handOver()
  }

  /** Lets a sleeping core's time run on to what wakes it; as long as it only ticks, about a timer's worth of it. */
  #idle(): RunState {
    const { machine } = this
    const until = machine.scheduler.now + Math.ceil((IDLE_MS / 1000) * machine.rcc.coreHz)
    let state: RunState = 'asleep'
    while (standsStill(state) && machine.scheduler.now < until && machine.scheduler.next < Infinity) {
      machine.sleep(Infinity)
      state = machine.run(SLICE_CYCLES)
    }
    return state
  }
}
