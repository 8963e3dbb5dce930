// The slow path of every access: peripherals, bit bands, unaligned addresses, flash writes, and what is not there.
// Fast accesses to plain memory never come here (see the interpreter).

import { BusFault, ProtectionFault } from './core/faults.ts'
import type { CodeCache } from './code-cache.ts'
import type { Memory } from './memory.ts'

/** A block of 32-bit registers. Narrow accesses arrive as whole words with the bytes they mean in `mask`. */
export interface Peripheral {
  read(offset: number): number
  write(offset: number, value: number, mask: number): void
  /** the registers themselves, where something stands before them that may not let an access through */
  readonly behind?: Peripheral
}

/** The controller of the flash: takes writes to it, and the reads that its memory does not answer by itself. */
export interface FlashPort {
  /** Throws a BusFault where protection or a broken cell forbids it. */
  readHidden(address: number, size: number): number
  /** Throws a BusFault where the controller is not ready for it. */
  program(address: number, size: number, value: number): void
}

const BLOCK_BITS = 10
const BIT_BANDS: readonly { alias: number; target: number }[] = [
  { alias: 0x22, target: 0x20000000 },
  { alias: 0x42, target: 0x40000000 },
]

const narrow = (value: number, size: number) => (size === 4 ? value | 0 : size === 2 ? value & 0xffff : value & 0xff)

export class Bus {
  /** set while a debugger makes the access: some registers are its alone, and privilege does not bind it */
  debugger = false
  /** CCR.UNALIGN_TRP */
  trapUnaligned = false
  /** whether the running code is privileged */
  privileged: () => boolean = () => true
  /** set for the one access of LDRT or STRT: the MPU judges it as that of unprivileged code */
  unprivileged = false
  /** the MPU's word on an access of the running code */
  mayAccess: (address: number, access: 'read' | 'write', unprivileged: boolean) => boolean = () => true
  /** where the breakpoint unit has a load of the running code go */
  loadAddress: (address: number, size: number) => number = (address) => address
  /** told of every access of the running code that comes this way, after it was made */
  watch: (address: number, size: number, access: 'read' | 'write', value: number) => void = () => undefined
  /** told of every load and store of the running code in memory, by its offset there, before `watch` */
  loaded: (offset: number) => void = () => undefined
  stored: (offset: number) => void = () => undefined
  flash: FlashPort | undefined
  readonly #bitBands: typeof BIT_BANDS
  readonly #memory: Memory
  readonly #code: CodeCache
  readonly #blocks = new Map<number, { start: number; peripheral: Peripheral }>()

  constructor(memory: Memory, code: CodeCache, hasBitBands: boolean) {
    this.#bitBands = hasBitBands ? BIT_BANDS : []
    this.#memory = memory
    this.#code = code
  }

  /** Puts a peripheral at `start`; a later one replaces an earlier one where they overlap. */
  attach(start: number, size: number, peripheral: Peripheral): void {
    for (let at = start; at < start + size; at += 1 << BLOCK_BITS) {
      this.#blocks.set(at >>> BLOCK_BITS, { start, peripheral })
    }
  }

  /** Little-endian; words come back signed, narrower values without a sign. Throws a BusFault. */
  read(address: number, size: number): number {
    if (this.debugger) return this.#read(address, size)
    this.#check(address, size, 'read')
    const value = this.#read(this.loadAddress(address, size), size)
    const offset = this.#memory.offsetOf(address)
    if (offset >= 0) this.loaded(offset)
    this.watch(address, size, 'read', value)
    return value
  }

  /** As `read`. Writes to flash go through its controller. */
  write(address: number, size: number, value: number): void {
    if (this.debugger) {
      this.#write(address, size, value)
      return
    }
    this.#check(address, size, 'write')
    this.#write(address, size, value)
    const offset = this.#memory.writableOffset(address)
    if (offset >= 0) this.stored(offset)
    this.watch(address, size, 'write', value)
  }

  /** A register as the hardware that obeys it has it, whether or not the bus gets there. Throws a BusFault. */
  held(address: number): number {
    const { start, peripheral } = this.#block(address, 4)
    return (peripheral.behind ?? peripheral).read(address - start)
  }

  /** A word of the vector table: the MPU has no say in it. */
  readVector(address: number): number {
    return this.#read(address >>> 0, 4)
  }

  /** Alignment first, then protection. */
  #check(address: number, size: number, access: 'read' | 'write'): void {
    this.#checkAlignment(address, size)
    const allowed =
      this.mayAccess(address, access, this.unprivileged) &&
      (size === 1 || this.mayAccess((address + size - 1) >>> 0, access, this.unprivileged))
    if (!allowed) throw new ProtectionFault(address)
  }

  #read(address: number, size: number): number {
    const offset = this.#memory.offsetOf(address)
    if (offset >= 0) {
      if (this.#memory.offsetOf(address + size - 1) !== offset + size - 1) throw new BusFault(address)
      return this.#memory.get(offset, size)
    }
    if (this.flash !== undefined && this.#memory.existingOffset(address) >= 0) {
      return narrow(this.flash.readHidden(address, size), size)
    }
    const bit = this.#bitBand(address)
    if (bit !== undefined) return (this.#read(bit.address, 4) >>> bit.position) & 1
    const { start, peripheral } = this.#block(address, size)
    const word = peripheral.read((address - start) & ~3)
    return narrow(word >>> (8 * (address & 3)), size)
  }

  #write(address: number, size: number, value: number): void {
    const memory = this.#memory
    const offset = memory.writableOffset(address)
    if (offset >= 0) {
      if (memory.writableOffset(address + size - 1) !== offset + size - 1) throw new BusFault(address)
      memory.set(offset, size, value)
      this.#code.invalidate(offset, size)
      return
    }
    if (memory.existingOffset(address) >= 0) {
      if (this.flash === undefined) throw new BusFault(address)
      this.flash.program(address, size, value)
      return
    }
    const bit = this.#bitBand(address)
    if (bit !== undefined) {
      const word = this.#read(bit.address, 4)
      this.#write(bit.address, 4, (word & ~(1 << bit.position)) | ((value & 1) << bit.position))
      return
    }
    const { start, peripheral } = this.#block(address, size)
    const shift = 8 * (address & 3)
    const mask = size === 4 ? -1 : ((1 << (8 * size)) - 1) << shift
    peripheral.write((address - start) & ~3, value << shift, mask)
  }

  #checkAlignment(address: number, size: number): void {
    if (this.trapUnaligned && (address & (size - 1)) !== 0) throw new BusFault(address, true)
  }

  #block(address: number, size: number): { start: number; peripheral: Peripheral } {
    // Device memory takes no unaligned access, whatever CCR says.
    if ((address & (size - 1)) !== 0) throw new BusFault(address, true)
    const block = this.#blocks.get(address >>> BLOCK_BITS)
    if (block === undefined) throw new BusFault(address)
    if (address >>> 28 === 0xe && !this.debugger && (this.unprivileged || !this.privileged()))
      throw new BusFault(address)
    return block
  }

  /** The word and the bit that a bit-band alias address stands for. */
  #bitBand(address: number): { address: number; position: number } | undefined {
    const band = this.#bitBands.find(({ alias }) => address >>> 24 === alias || address >>> 24 === alias + 1)
    if (band === undefined) return undefined
    const byte = (address & 0x1ffffff) >>> 5
    return { address: band.target + (byte & ~3), position: ((byte & 3) << 3) | ((address >>> 2) & 7) }
  }
}
