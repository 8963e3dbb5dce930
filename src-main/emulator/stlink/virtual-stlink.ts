// An ST-Link that answers the byte protocol of device/stlink/protocol.ts for a chip's debug access port.

import {
  BLOCK_LIMIT,
  byteBlockLimit,
  CDB_BYTES,
  COMMANDS,
  DEBUG_PORT,
  ENTER_SWD,
  fastestTraceHz,
  isSupported,
  MEMORY_FIELDS,
  MODE,
  mostBatchItems,
  NRST,
  ST_VENDOR,
  STATUS_OK,
  TRACE_BUFFER_BYTES,
  type CommandName,
} from '../../device/stlink/protocol.ts'
import type { StlinkCommand } from '../../device/stlink/transport.ts'
import { DapFault, type AccessSize, type Dap } from '../dap.ts'
import { batchBytes, runBatch, type BatchResult } from './batch.ts'
import { CoreDebug } from './core-debug.ts'
import type { StlinkModel } from './models.ts'
import { SwoReceiver } from './swo-receiver.ts'

const FAILED = {
  ...{ UNKNOWN: 0x01, UNKNOWN_CHAIN: 0x04, NO_ID_CODE: 0x09, AP_FAULT: 0x11, BAD_AP: 0x1d, UNKNOWN_COMMAND: 0x42 },
} as const

/** Known without a mode that fits; everything else needs the debug mode. */
const ALWAYS_ANSWERED: ReadonlySet<CommandName> = new Set(['version', 'extendedVersion', 'mode', 'voltage'])
const MODE_CHANGES: ReadonlySet<CommandName> = new Set(['leaveDfu', 'leaveSwim', 'enterDebug', 'leaveDebug'])
/** Settings of the probe itself: it need not have reached a target. */
const SETTINGS: ReadonlySet<CommandName> = new Set(['swdDivisor', 'setFrequency', 'getFrequencies', 'driveReset'])

/** What a V3 offers, in kHz; it takes the nearest that is not above what is asked for. */
const FREQUENCIES_KHZ = [24_000, 8_000, 3_300, 1_000, 200, 50, 5]

/** The probe's converter: the target's voltage is 2 x 1.2 V x sample / reference. */
const VOLTAGE = { reference: 1489, sample: 2047 }

/** By both bytes of their code, or by the only one. */
const BY_CODE: ReadonlyMap<number, CommandName> = new Map(
  (Object.keys(COMMANDS) as CommandName[]).map((name) => {
    const [first, second] = COMMANDS[name].code
    return [second === undefined ? first! : (first! << 8) | second, name]
  }),
)

type Handler = (command: StlinkCommand, view: DataView) => Uint8Array

export class VirtualStlink {
  readonly model: StlinkModel
  readonly swo = new SwoReceiver()
  readonly #dap: Dap
  readonly #core: CoreDebug
  readonly #handlers: Readonly<Record<CommandName, Handler>>
  #mode: number = MODE.MASS_STORAGE
  #status = STATUS_OK
  #faultAddress = 0
  #batch: BatchResult = { values: [], statuses: [] }

  constructor(model: StlinkModel, dap: Dap, mode: number = MODE.MASS_STORAGE) {
    this.model = model
    this.#dap = dap
    this.#core = new CoreDebug(dap)
    this.#mode = mode
    this.#handlers = this.#makeHandlers()
  }

  /** The answer to one command: as long as the protocol has it, whatever length the host expects. */
  execute(command: StlinkCommand): Uint8Array {
    const { cdb } = command
    if (cdb.length !== CDB_BYTES) return new Uint8Array(0)
    const name = this.#lookUp(cdb)
    if (name === undefined) return failure(FAILED.UNKNOWN_COMMAND)
    if (!this.#listensTo(name)) {
      this.#status = FAILED.UNKNOWN
      return failure(FAILED.UNKNOWN)
    }
    return this.#handlers[name](command, new DataView(cdb.buffer, cdb.byteOffset))
  }

  #lookUp(cdb: Uint8Array): CommandName | undefined {
    const name = BY_CODE.get((cdb[0]! << 8) | cdb[1]!) ?? BY_CODE.get(cdb[0]!)
    return name !== undefined && isSupported(name, this.model.version) ? name : undefined
  }

  #listensTo(name: CommandName): boolean {
    if (ALWAYS_ANSWERED.has(name)) return true
    // In DFU mode only its end is understood; the debug unit wakes up afterwards.
    if (this.#mode === MODE.DFU) return name === 'leaveDfu'
    return MODE_CHANGES.has(name) || SETTINGS.has(name) || this.#mode === MODE.DEBUG
  }

  #makeHandlers(): Record<CommandName, Handler> {
    const dap = this.#dap
    const nothing = new Uint8Array(0)
    const memory = { 1: byteBlockLimit(this.model.version), 2: BLOCK_LIMIT, 4: BLOCK_LIMIT } as const
    const read =
      (size: AccessSize, same = false): Handler =>
      (_, view) => {
        const { address, length, accessPort, mode } = memoryFields(view)
        if (!this.#accepts(address, length, size, memory[size])) return new Uint8Array(length)
        return (
          this.#attempt(() => dap.readBlock(accessPort, address, length, size, same ? 'fixed' : mode)) ??
          new Uint8Array(length)
        )
      }
    const write =
      (size: AccessSize, same = false): Handler =>
      ({ data = nothing }, view) => {
        const { address, length, accessPort, mode } = memoryFields(view)
        if (data.length === length && this.#accepts(address, length, size, memory[size])) {
          this.#attempt(() => dap.writeBlock(accessPort, address, data, size, same ? 'fixed' : mode))
        }
        return nothing
      }
    const enter = (mode: number) => (): Uint8Array => {
      this.#mode = mode
      return nothing
    }

    return {
      version: () => this.#version(),
      extendedVersion: () => this.#extendedVersion(),
      mode: () => Uint8Array.of(this.#mode, 0),
      voltage: () => words(VOLTAGE.reference, VOLTAGE.sample),
      leaveDfu: enter(MODE.MASS_STORAGE),
      leaveSwim: enter(MODE.MASS_STORAGE),
      leaveDebug: () => {
        this.swo.stop()
        return enter(MODE.MASS_STORAGE)()
      },
      enterDebug: ({ cdb }) => {
        if (cdb[2] !== ENTER_SWD) return failure(FAILED.UNKNOWN_CHAIN) // only two wires are connected
        if (!dap.answers) return failure(FAILED.NO_ID_CODE)
        this.#mode = MODE.DEBUG
        dap.powerUp()
        return success()
      },
      idCodes: () => (dap.answers ? words(STATUS_OK, dap.readDp(0), 0) : words(FAILED.NO_ID_CODE, 0, 0)),
      resetSystem: () => this.#done(() => this.#core.requestReset()),
      readRegister: ({ cdb }) => this.#value(() => this.#core.readRegister(cdb[2]!)),
      writeRegister: ({ cdb }, view) => this.#done(() => this.#core.writeRegister(cdb[2]!, view.getUint32(3, true))),
      readAllRegisters: () => {
        const values = this.#attempt(() => this.#core.readAll())
        return words(this.#status, ...(values ?? new Array<number>(21).fill(0)))
      },
      readWord: (_, view) => this.#value(() => this.#core.readWord(view.getUint32(2, true))),
      writeWord: (_, view) => this.#done(() => this.#core.writeWord(view.getUint32(2, true), view.getUint32(6, true))),
      read32: read(4),
      write32: write(4),
      read16: read(2),
      write16: write(2),
      read8: read(1),
      write8: write(1),
      readSame32: read(4, true),
      writeSame32: write(4, true),
      status: () => Uint8Array.of(this.#status, 0),
      statusAndAddress: () => words(this.#status, this.#faultAddress, 0),
      driveReset: ({ cdb }) => {
        if (cdb[2] === NRST.PULSE) {
          dap.bus.driveReset(true)
          dap.bus.driveReset(false)
        } else dap.bus.driveReset(cdb[2] === NRST.LOW)
        return success()
      },
      swdDivisor: success,
      startTrace: (_, view) => {
        const [size, baud] = [view.getUint16(2, true), view.getUint32(4, true)]
        const able = size > 0 && size <= TRACE_BUFFER_BYTES && baud > 0 && baud <= fastestTraceHz(this.model.version)
        if (!able) return failure(FAILED.UNKNOWN)
        this.swo.start(baud)
        return success()
      },
      stopTrace: () => {
        this.swo.stop()
        return success()
      },
      countTrace: () => Uint8Array.of(this.swo.waiting, this.swo.waiting >>> 8),
      batchOut: ({ data = nothing }, view) => {
        const items = view.getUint32(2, true)
        const good = items <= mostBatchItems(this.model.version) && data.length === batchBytes(items)
        this.#batch = good ? this.#runBatch(items, data) : { values: [], statuses: [] }
        return nothing
      },
      batchIn: () => words(...this.#batch.values, ...this.#batch.statuses),
      setFrequency: (_, view) => {
        const asked = view.getUint32(4, true)
        const taken = FREQUENCIES_KHZ.find((khz) => khz <= asked) ?? FREQUENCIES_KHZ.at(-1)!
        return words(STATUS_OK, taken)
      },
      getFrequencies: () => {
        const answer = new Uint8Array(52)
        answer.set(words(STATUS_OK, FREQUENCIES_KHZ[0]!, FREQUENCIES_KHZ.length, ...FREQUENCIES_KHZ))
        return answer
      },
      readDap: (_, view) => {
        const [port, register] = [view.getUint16(2, true), view.getUint16(4, true)]
        return this.#value(() => (port === DEBUG_PORT ? dap.readDp(register) : dap.readAp(port, register)))
      },
      writeDap: (_, view) => {
        const [port, register, value] = [view.getUint16(2, true), view.getUint16(4, true), view.getUint32(6, true)]
        return this.#done(() =>
          port === DEBUG_PORT ? dap.writeDp(register, value) : dap.writeAp(port, register, value),
        )
      },
      openAp: ({ cdb }) => (dap.hasAccessPort(cdb[2]!) ? success() : failure(FAILED.BAD_AP)),
      closeAp: success,
    }
  }

  #version(): Uint8Array {
    const { stlink, jtag, swim } = this.model.version
    const answer = new Uint8Array(6)
    const view = new DataView(answer.buffer)
    // From V3 on the rest is in the extended version.
    view.setUint16(0, (stlink << 12) | (stlink >= 3 ? 0 : (jtag << 6) | swim))
    view.setUint16(2, ST_VENDOR, true)
    view.setUint16(4, this.model.productId, true)
    return answer
  }

  #extendedVersion(): Uint8Array {
    const { stlink, jtag, swim, massStorage, bridge } = this.model.version
    const answer = new Uint8Array(12)
    const view = new DataView(answer.buffer)
    answer.set([stlink, swim, jtag, massStorage, bridge])
    view.setUint16(8, ST_VENDOR, true)
    view.setUint16(10, this.model.productId, true)
    return answer
  }

  /** What real probes do with a block that is too long or unaligned is not documented: this one refuses it. */
  #accepts(address: number, length: number, size: AccessSize, limit: number): boolean {
    const good = length <= limit && address % size === 0 && length % size === 0
    if (!good) this.#status = FAILED.UNKNOWN
    return good
  }

  /** Keeps how an access to the target ended, for whoever asks with `status`; undefined when it failed. */
  #attempt<T>(access: () => T): T | undefined {
    try {
      const value = access()
      this.#status = STATUS_OK
      return value
    } catch (thrown) {
      if (!(thrown instanceof DapFault)) throw thrown
      this.#status = this.#dap.answers ? FAILED.AP_FAULT : FAILED.NO_ID_CODE
      this.#faultAddress = thrown.address
      return undefined
    }
  }

  #runBatch(items: number, data: Uint8Array): BatchResult {
    return runBatch(this.#dap, items, data, (work) => {
      const value = this.#attempt(work)
      return { status: this.#status, value: value ?? 0 }
    })
  }

  #value(read: () => number): Uint8Array {
    const value = this.#attempt(read) ?? 0
    return words(this.#status, value)
  }

  #done(work: () => void): Uint8Array {
    this.#attempt(work)
    return Uint8Array.of(this.#status, 0)
  }
}

const success = () => Uint8Array.of(STATUS_OK, 0)
/** Long enough for the status of every command; whoever expects more gets less. */
const failure = (status: number) => Uint8Array.of(status, 0)

function words(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => view.setUint32(4 * index, value >>> 0, true))
  return bytes
}

/**
 * A block without a CSW of its own wraps where TAR does, which every client of old knows to avoid. With one (from V2J32 and
 * V3J2 on) the probe takes care of pages: OpenOCD 0.12 then sends whole 6144 bytes wherever they lie.
 */
function memoryFields(view: DataView) {
  const csw = view.getUint32(MEMORY_FIELDS.accessPort, true) >>> 8
  return {
    address: view.getUint32(MEMORY_FIELDS.address, true),
    length: view.getUint16(MEMORY_FIELDS.length, true),
    accessPort: view.getUint8(MEMORY_FIELDS.accessPort),
    mode: csw === 0 ? ('wrap' as const) : ('follow' as const),
  }
}
