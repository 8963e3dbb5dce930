// The chip's memories in one buffer, with page maps from bus addresses to offsets in it. A page map's entry is
// the buffer offset of a 16 KB page, or UNMAPPED: `map[address >>> 14] | (address & 0x3fff)` is then negative
// exactly where the slow path must look, and its low bits tell the alignment, so that one AND tests both.

import { AppError } from '../base/errors.ts'
import { hexAddr } from '../base/units.ts'

export const PAGE_BITS = 14
export const PAGE_SIZE = 1 << PAGE_BITS
const PAGE_MASK = PAGE_SIZE - 1
const PAGES = 2 ** (32 - PAGE_BITS)
const UNMAPPED = 0x80000000 | 0

export interface MemoryBlock {
  name: string
  start: number
  size: number
  /** another address at which the same bytes appear */
  alias?: number
  writable: boolean
  executable: boolean
}

export class Memory {
  readonly u8: Uint8Array
  readonly s8: Int8Array
  readonly u16: Uint16Array
  readonly s16: Int16Array
  readonly s32: Int32Array
  /** where loads may go */
  readonly loads = new Int32Array(PAGES).fill(UNMAPPED)
  /** where stores may go without a look at the code cache */
  readonly stores = new Int32Array(PAGES).fill(UNMAPPED)
  /** where any store may go */
  readonly writable = new Int32Array(PAGES).fill(UNMAPPED)
  /** where instructions may come from */
  readonly fetches = new Int32Array(PAGES).fill(UNMAPPED)

  constructor(blocks: readonly MemoryBlock[]) {
    let size = 0
    const offsets = blocks.map((block) => {
      if (block.size % PAGE_SIZE !== 0 || block.start % PAGE_SIZE !== 0) {
        throw new AppError('INTERNAL', `Memory ${block.name} at ${hexAddr(block.start)} is not made of 16 KB pages.`)
      }
      const offset = size
      // A guard page behind each block: code that runs off its end must not run into the next one.
      size += block.size + PAGE_SIZE
      return offset
    })
    const buffer = new ArrayBuffer(size)
    this.u8 = new Uint8Array(buffer)
    this.s8 = new Int8Array(buffer)
    this.u16 = new Uint16Array(buffer)
    this.s16 = new Int16Array(buffer)
    this.s32 = new Int32Array(buffer)
    blocks.forEach((block, index) => {
      for (const start of block.alias === undefined ? [block.start] : [block.start, block.alias]) {
        for (let at = 0; at < block.size; at += PAGE_SIZE) {
          const page = (start + at) >>> PAGE_BITS
          const offset = offsets[index]! + at
          this.loads[page] = offset
          if (block.writable) this.stores[page] = this.writable[page] = offset
          if (block.executable) this.fetches[page] = offset
        }
      }
    })
  }

  /** Buffer offset of a readable address, negative when there is no memory. */
  offsetOf(address: number): number {
    return this.loads[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  fetchOffset(address: number): number {
    return this.fetches[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  writableOffset(address: number): number {
    return this.writable[address >>> PAGE_BITS]! | (address & PAGE_MASK)
  }

  /** From now on stores to this page take the slow path, which keeps the code cache true. */
  watchStores(address: number): void {
    this.stores[address >>> PAGE_BITS] = UNMAPPED
  }

  /** Little-endian read of 1, 2 or 4 bytes at a buffer offset of any alignment, as a signed 32-bit word. */
  get(offset: number, size: number): number {
    const u8 = this.u8
    if (size === 4) return u8[offset]! | (u8[offset + 1]! << 8) | (u8[offset + 2]! << 16) | (u8[offset + 3]! << 24)
    if (size === 2) return u8[offset]! | (u8[offset + 1]! << 8)
    return u8[offset]!
  }

  set(offset: number, size: number, value: number): void {
    for (let i = 0; i < size; i++) this.u8[offset + i] = value >>> (8 * i)
  }
}
