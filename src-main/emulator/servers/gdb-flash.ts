// Flash as GDB sees it: the memory map, and its `load`, which erases, writes and says when it is done.

import { addr } from '../../base/units.ts'
import type { BoardData, FlashSector } from '../../device/board-data.ts'
import type { FlashDriver } from '../../device/flash-driver.ts'

const SPACE_END = 0x1_0000_0000

/** Flash in runs of equal sectors; the rest as RAM, as peripherals too must stay reachable. */
export function memoryMap({ flash }: BoardData): string {
  const runs: { start: number; length: number; block: number }[] = []
  for (const { start, size } of flash.sectors) {
    const last = runs.at(-1)
    if (last?.block === size && last.start + last.length === start) last.length += size
    else runs.push({ start, length: size, block: size })
  }
  const hex = (n: number) => `0x${n.toString(16)}`
  const ram = (start: number, end: number) => `<memory type="ram" start="${hex(start)}" length="${hex(end - start)}"/>`
  const flashes = runs.map(
    ({ start, length, block }) =>
      `<memory type="flash" start="${hex(start)}" length="${hex(length)}">` +
      `<property name="blocksize">${hex(block)}</property></memory>`,
  )
  return (
    '<?xml version="1.0"?><!DOCTYPE memory-map PUBLIC "+//IDN gnu.org//DTD GDB Memory Map V1.0//EN" ' +
    '"http://sourceware.org/gdb/gdb-memory-map.dtd">' +
    `<memory-map>${ram(0, flash.start)}${flashes.join('')}${ram(flash.start + flash.size, SPACE_END)}</memory-map>`
  )
}

export const isFlash = ({ flash }: BoardData, address: number) =>
  address >= flash.start && address < flash.start + flash.size

export class GdbFlash {
  readonly #data: BoardData
  readonly #driver: FlashDriver
  #chunks: { address: number; bytes: Uint8Array }[] = []

  constructor(data: BoardData, driver: FlashDriver) {
    this.#data = data
    this.#driver = driver
  }

  /** Every sector that has a byte in the range. */
  async erase(address: number, length: number): Promise<void> {
    const hit = ({ start, size }: FlashSector) => start < address + length && start + size > address
    await this.#driver.unlocked(async () => {
      for (const sector of this.#data.flash.sectors.filter(hit)) await this.#driver.erase(sector)
    })
  }

  /** Kept until `finish`: what comes may be smaller than what flash takes at once. */
  write(address: number, bytes: Uint8Array): void {
    this.#chunks.push({ address, bytes })
  }

  async finish(): Promise<void> {
    const chunks = this.#chunks.sort((a, b) => a.address - b.address)
    this.#chunks = []
    await this.#driver.unlocked(async () => {
      for (const { address, bytes } of padded(chunks, this.#driver.programBytes)) {
        await this.#driver.program(addr(address), bytes, () => undefined)
      }
    })
  }
}

/** Chunks in pieces that begin and end where flash is written at once; gaps hold what erased flash holds. */
function padded(
  chunks: readonly { address: number; bytes: Uint8Array }[],
  unit: number,
): { address: number; bytes: Uint8Array }[] {
  const floor = (n: number) => n - (n % unit)
  const ceil = (n: number) => floor(n + unit - 1)
  const spans: { start: number; end: number }[] = []
  for (const { address, bytes } of chunks) {
    const [start, end] = [floor(address), ceil(address + bytes.length)]
    const last = spans.at(-1)
    if (last !== undefined && start <= last.end) last.end = Math.max(last.end, end)
    else spans.push({ start, end })
  }
  return spans.map(({ start, end }) => {
    const bytes = new Uint8Array(end - start).fill(0xff)
    for (const chunk of chunks) {
      if (chunk.address >= start && chunk.address < end) bytes.set(chunk.bytes, chunk.address - start)
    }
    return { address: start, bytes }
  })
}
