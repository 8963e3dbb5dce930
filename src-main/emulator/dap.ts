// Debug port and memory access ports: what stands between a probe's two wires and the chip's bus.
// Source: ARM IHI 0031 (Debug Interface v5), chapters 2 and 8; TAR's increment page as the chip's row says.

import type { AccessPort, DebugPortData } from '../device/debug-port.ts'
import { BusFault } from './core/faults.ts'

/** The chip as the access ports' bus masters see it. Throws a BusFault. */
export interface TargetBus {
  /** `length` bytes by accesses of `size` */
  read(address: number, length: number, size: AccessSize): Uint8Array
  write(address: number, data: Uint8Array, size: AccessSize): void
  /** nRST */
  driveReset(low: boolean): void
}

export type AccessSize = 1 | 2 | 4

/** How a block's address goes on: as TAR counts, wrapping within its page; set anew at every page; or not at all. */
export type BlockMode = 'wrap' | 'follow' | 'fixed'

/** An access that the access port answers with FAULT. */
export class DapFault extends Error {
  readonly address: number

  constructor(address: number) {
    super('The access port answered with a fault.')
    this.address = address
  }
}

const DP = { DPIDR: 0x0, ABORT: 0x0, CTRL_STAT: 0x4, SELECT: 0x8, RDBUFF: 0xc } as const
const CTRL = { STICKYERR: 1 << 5, CDBGPWRUPREQ: 1 << 28, CSYSPWRUPREQ: 1 << 30 } as const
/** Each power-up request is acknowledged in the bit above it. */
const REQUESTS = CTRL.CDBGPWRUPREQ | CTRL.CSYSPWRUPREQ
const CTRL_WRITABLE = 0x54ffff0f
const ABORT_STKERRCLR = 1 << 2

const AP = { CSW: 0x00, TAR: 0x04, DRW: 0x0c, BD0: 0x10, BD3: 0x1c, BASE: 0xf8, IDR: 0xfc } as const
const CSW = { SIZE: 7, ADDRINC: 3 << 4, SINGLE: 1 << 4, PACKED: 2 << 4, DEVICE_EN: 1 << 6 } as const
const CSW_WRITABLE = 0x7f000f37
const CSW_RESET = 0x23000052

class MemoryAccessPort {
  readonly row: AccessPort
  csw: number = CSW_RESET
  tar = 0
  lastRead = 0

  constructor(row: AccessPort) {
    this.row = row
  }

  /** Where the chip's own bus has what this port shows at `address`. */
  target(address: number): number {
    const window = this.row.window
    if (window === undefined || address < window.start || address >= window.start + window.size) return address
    return window.target + (address - window.start)
  }
}

export class Dap {
  readonly data: DebugPortData
  readonly bus: TargetBus
  readonly #ports: ReadonlyMap<number, MemoryAccessPort>
  #control = 0
  #select = 0
  #sticky = false
  #readBuffer = 0
  readonly #answers: () => boolean

  /** `answers` turns false when read-out protection closes the port for good. */
  constructor(data: DebugPortData, bus: TargetBus, answers: () => boolean = () => true) {
    this.#answers = answers
    this.data = data
    this.bus = bus
    this.#ports = new Map(data.accessPorts.map((row) => [row.index, new MemoryAccessPort(row)]))
  }

  /** Whether the two wires lead to something. */
  get answers(): boolean {
    return this.#answers()
  }

  /** Throws a DapFault where nobody answers. */
  #demandAnswer(address: number): void {
    if (!this.#answers()) throw new DapFault(address)
  }

  hasAccessPort(index: number): boolean {
    return this.#ports.has(index)
  }

  /** Asks for power as every probe does when it connects, and forgets old errors. */
  powerUp(): void {
    this.#control |= REQUESTS
    this.#sticky = false
  }

  /** `register`: address, with the bank in bits 7:4. Throws a DapFault. */
  readDp(register: number): number {
    this.#demandAnswer(register)
    switch (register) {
      case DP.DPIDR:
        return this.data.dpidr
      case DP.CTRL_STAT:
        return (this.#control | ((this.#control & REQUESTS) << 1) | (this.#sticky ? CTRL.STICKYERR : 0)) >>> 0
      case DP.SELECT:
        return this.#select
      case DP.RDBUFF:
        return this.#readBuffer
      default:
        return 0
    }
  }

  /** Throws a DapFault. */
  writeDp(register: number, value: number): void {
    this.#demandAnswer(register)
    if (register === DP.ABORT && (value & ABORT_STKERRCLR) !== 0) this.#sticky = false
    else if (register === DP.CTRL_STAT) this.#control = value & CTRL_WRITABLE
    else if (register === DP.SELECT) this.#select = value >>> 0
  }

  /** Registers of a port that isn't there read as zero. Throws a DapFault. */
  readAp(index: number, register: number): number {
    this.#demandAnswer(register)
    const port = this.#ports.get(index)
    if (port === undefined) return 0
    this.#readBuffer = this.#readAp(port, register)
    return this.#readBuffer
  }

  #readAp(port: MemoryAccessPort, register: number): number {
    switch (register) {
      case AP.CSW:
        return (port.csw | CSW.DEVICE_EN) >>> 0
      case AP.TAR:
        return port.tar
      case AP.DRW:
        return this.#transferOut(port)
      case AP.BASE:
        return port.row.base
      case AP.IDR:
        return port.row.idr
      default:
        return isBanked(register) ? wordOf(this.#access(port, bankedAddress(port, register), 4)) : 0
    }
  }

  /** Throws a DapFault. */
  writeAp(index: number, register: number, value: number): void {
    this.#demandAnswer(register)
    const port = this.#ports.get(index)
    if (port === undefined) return
    if (register === AP.CSW) port.csw = value & CSW_WRITABLE
    else if (register === AP.TAR) port.tar = value >>> 0
    else if (register === AP.DRW) this.#transferIn(port, value)
    else if (isBanked(register)) this.#access(port, bankedAddress(port, register), 4, bytesOf(value))
  }

  /**
   * A block as probes move it, through the port's own registers: CSW and TAR keep what it left in them. Throws a
   * DapFault with the address that failed.
   */
  readBlock(index: number, address: number, length: number, size: AccessSize, mode: BlockMode = 'wrap'): Uint8Array {
    const port = this.#existing(index, address)
    setUp(port, address, size, mode)
    const block = new Uint8Array(length)
    for (const { at, start, count } of this.#stretches(port, length, size, mode)) {
      block.set(
        this.#guard(() => this.bus.read(port.target(start), count, size)),
        at,
      )
    }
    return block
  }

  writeBlock(index: number, address: number, data: Uint8Array, size: AccessSize, mode: BlockMode = 'wrap'): void {
    const port = this.#existing(index, address)
    setUp(port, address, size, mode)
    for (const { at, start, count } of this.#stretches(port, data.length, size, mode)) {
      this.#guard(() => this.bus.write(port.target(start), data.subarray(at, at + count), size))
    }
  }

  #existing(index: number, address: number): MemoryAccessPort {
    this.#demandAnswer(address)
    const port = this.#ports.get(index)
    if (port === undefined) throw new DapFault(address)
    return port
  }

  /** Cuts a block where TAR wraps, and moves it on. */
  *#stretches(port: MemoryAccessPort, length: number, size: AccessSize, mode: BlockMode) {
    const page = this.data.incrementBytes
    for (let at = 0; at < length;) {
      const start = port.tar
      const count = mode === 'fixed' ? size : Math.min(length - at, page - (start % page))
      yield { at, start, count }
      at += count
      if (mode !== 'fixed') this.#advance(port, count)
      if (mode === 'follow') port.tar = (start + count) >>> 0
    }
  }

  #advance(port: MemoryAccessPort, count: number): void {
    const page = this.data.incrementBytes
    const offset = port.tar % page
    port.tar = port.tar - offset + ((offset + count) % page)
  }

  /** One access through DRW, or several of a word's bytes when they travel packed. */
  #transferOut(port: MemoryAccessPort): number {
    let word = 0
    for (const { address, size, lane } of this.#beats(port)) {
      const bytes = this.#access(port, address, size)
      for (let i = 0; i < size; i++) word |= bytes[i]! << (8 * (lane + i))
    }
    return word >>> 0
  }

  #transferIn(port: MemoryAccessPort, value: number): void {
    const bytes = bytesOf(value)
    for (const { address, size, lane } of this.#beats(port)) {
      this.#access(port, address, size, bytes.subarray(lane, lane + size))
    }
  }

  /** The accesses that one transfer of DRW makes, moving TAR on. Narrow data lies in the byte lanes of its address. */
  *#beats(port: MemoryAccessPort): Generator<{ address: number; size: AccessSize; lane: number }> {
    const size = (1 << Math.min(2, port.csw & CSW.SIZE)) as AccessSize
    const increment = port.csw & CSW.ADDRINC
    const beats = increment === CSW.PACKED ? 4 / size : 1
    for (let beat = 0; beat < beats; beat++) {
      const address = port.tar
      yield { address, size, lane: address & 3 & ~(size - 1) }
      if (increment === CSW.SINGLE || increment === CSW.PACKED) this.#advance(port, size)
    }
  }

  #access(port: MemoryAccessPort, address: number, size: AccessSize, data?: Uint8Array): Uint8Array {
    // A sticky error stops every transfer until the debugger has cleared it.
    if (this.#sticky || (this.#control & CTRL.CDBGPWRUPREQ) === 0) throw new DapFault(address)
    try {
      return this.#guard(() => {
        if (data === undefined) return this.bus.read(port.target(address), size, size)
        this.bus.write(port.target(address), data, size)
        return data
      })
    } catch (fault) {
      this.#sticky = true
      throw fault
    }
  }

  #guard<T>(access: () => T): T {
    try {
      return access()
    } catch (thrown) {
      if (thrown instanceof BusFault) throw new DapFault(thrown.address)
      throw thrown
    }
  }
}

function setUp(port: MemoryAccessPort, address: number, size: AccessSize, mode: BlockMode): void {
  port.csw = (port.csw & ~(CSW.SIZE | CSW.ADDRINC)) | (size >> 1) | (mode === 'fixed' ? 0 : CSW.SINGLE)
  port.tar = address
}

const isBanked = (register: number) => register >= AP.BD0 && register <= AP.BD3
const bankedAddress = (port: MemoryAccessPort, register: number) => ((port.tar & ~15) >>> 0) + (register - AP.BD0)

const wordOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)

function bytesOf(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value >>> 0, true)
  return bytes
}
