// A virtual board whose ST-Link hangs on a USB cable that faults can be put on: the device that `usb` would list, with
// the emulated probe and chip behind it. Every transfer of the cable is counted, and a fault may answer in its place.

import { AppError } from '../../src-main/base/errors.ts'
import { findBoardData, type BoardData } from '../../src-main/device/board-data.ts'
import { COMMANDS, PRODUCTS, ST_VENDOR, type CommandName } from '../../src-main/device/stlink/protocol.ts'
import type { StlinkCommand } from '../../src-main/device/stlink/transport.ts'
import type { StlinkUsbDevice } from '../../src-main/device/stlink/usb-transport.ts'
import { BoardHost } from '../../src-main/emulator/board-host.ts'

const PRODUCT_ID = 0x374e
const PACKET_BYTES = 64
export const SERIAL = 'FAULTY'
export const PROBE_ID = `stlink:${SERIAL}`

/** What tells several of them apart. */
export interface UsbPlace {
  serial: string
  address: number
}

/** Decides over one transfer: 'unplug' pulls the cable before it, bytes answer in the probe's place, nothing lets it be. */
export type CableFault = (transfer: {
  index: number
  commandIndex: number
  command: StlinkCommand
}) => 'unplug' | Uint8Array | undefined

export const isA = (name: CommandName, { cdb }: StlinkCommand) =>
  COMMANDS[name].code.every((byte, at) => cdb[at] === byte)

const takesData = (cdb: Uint8Array) =>
  Object.values(COMMANDS).some((row) => row.takesData && row.code.every((byte, at) => cdb[at] === byte))

export type UsbEntry = StlinkUsbDevice & { vendorId: number; serialNumber: string; bus: string; address: number }

export class FaultyBoard {
  readonly data: BoardData
  readonly place: UsbPlace
  /** transfers of the cable since it was plugged in last, and the commands that began in them */
  transfers = 0
  commands = 0
  /** what is wrong with the cable */
  fault: CableFault = () => undefined
  /** what opening the device or claiming its interface ends with, in the system's words */
  openError: string | undefined
  claimError: string | undefined
  /** told of every command before and after the probe has carried it out */
  onCommand: (phase: 'before' | 'after') => void = () => undefined
  #host: BoardHost
  #cable = {}

  constructor(id: string, flash?: Uint8Array, place: UsbPlace = { serial: SERIAL, address: 1 }) {
    this.place = place
    this.data = findBoardData(id)!
    this.#host = new BoardHost(this.data, { flash })
  }

  get probeId(): string {
    return `stlink:${this.place.serial}`
  }

  get machine() {
    return this.#host.machine
  }

  /** A copy of what the flash holds, closed to the debugger or not. */
  flash(): Uint8Array {
    const { memory } = this.machine
    const start = memory.existingOffset(this.data.flash.start)
    return memory.u8.slice(start, start + this.data.flash.size)
  }

  /** Whether the first `length` bytes of flash are others than those of `bytes`. */
  flashDiffers(bytes: Uint8Array, length: number): boolean {
    const { memory } = this.machine
    const start = memory.existingOffset(this.data.flash.start)
    return Buffer.compare(bytes.subarray(0, length), memory.u8.subarray(start, start + length)) !== 0
  }

  /** The power goes and comes back: RAM and registers are lost, `flash` is what the cells hold then. */
  powerCycle(flash: Uint8Array = this.flash()): void {
    this.#host.close()
    this.#host = new BoardHost(this.data, { flash })
    this.plugIn()
  }

  /** A whole cable again. What was open on the old one stays broken. */
  plugIn(): void {
    this.#cable = {}
    this.transfers = 0
    this.commands = 0
    this.fault = () => undefined
    this.openError = undefined
    this.claimError = undefined
    this.onCommand = () => undefined
  }

  close(): void {
    this.#host.close()
  }

  #execute(cdb: Uint8Array, data: Uint8Array | undefined): Uint8Array {
    this.onCommand('before')
    const reply = this.#host.serve({ kind: 'probe', commands: [{ cdb, data, answer: 0 }] })
    if (!reply.ok) throw new Error(`device disconnected: ${reply.error.message}`)
    this.onCommand('after')
    return (reply.value as Uint8Array[])[0]!
  }

  /** What the system lists while the cable is in. */
  readonly list = (): Promise<UsbEntry[]> => Promise.resolve([this.#device()])

  #device(): UsbEntry {
    const cable = this.#cable
    const { endpoints } = PRODUCTS[PRODUCT_ID]!
    let pending: Uint8Array | undefined
    let current: StlinkCommand = { cdb: new Uint8Array(0), answer: 0 }
    let answer: Uint8Array = new Uint8Array(0)

    const transfer = (): Uint8Array | undefined => {
      const at = { index: this.transfers, commandIndex: this.commands - 1, command: current }
      const verdict = cable === this.#cable ? this.fault(at) : 'unplug'
      if (verdict === 'unplug') {
        this.#cable = {}
        throw new Error('transfer error: device disconnected')
      }
      this.transfers++
      return verdict
    }
    const refuse = (message: string | undefined) =>
      message === undefined ? Promise.resolve() : Promise.reject(new Error(message))

    return {
      ...{ vendorId: ST_VENDOR, productId: PRODUCT_ID, bus: '250' },
      ...{ serialNumber: this.place.serial, address: this.place.address },
      configuration: {
        interfaces: [
          {
            alternate: {
              endpoints: [{ endpointNumber: endpoints.in, direction: 'in', packetSize: PACKET_BYTES }],
            },
          },
        ],
      },
      open: () => refuse(this.openError),
      close: () => Promise.resolve(),
      claimInterface: () => refuse(this.claimError),
      transferOut: async (_, source) => {
        const bytes = new Uint8Array(source as ArrayBuffer)
        if (pending === undefined) {
          current = { cdb: bytes, answer: 0 }
          this.commands++
        } else current = { ...current, data: bytes }
        const inPlace = transfer()
        if (pending === undefined && takesData(bytes)) pending = bytes
        else {
          answer = inPlace ?? this.#execute(pending ?? bytes, pending === undefined ? undefined : bytes)
          pending = undefined
        }
        return { status: 'ok' }
      },
      transferIn: async (_, length) => {
        answer = transfer() ?? answer
        // Between two transfers the chip runs on.
        await new Promise((resolve) => setImmediate(resolve))
        return { status: 'ok', data: new DataView(answer.buffer, answer.byteOffset, Math.min(length, answer.length)) }
      },
    }
  }
}

/** The error that `work` ends with; undefined when it succeeds. Anything but an AppError is a fault of its own. */
export async function errorOf(work: Promise<unknown>): Promise<AppError | undefined> {
  try {
    await work
    return undefined
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown
    throw thrown
  }
}
