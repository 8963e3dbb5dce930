// Watchpoints in DWT's comparators: each watches 2^n bytes where they are aligned, so that other ranges take several.
// Source: ARM DDI 0403E (Armv7-M ARM), C1.6.1 (DFSR), C1.8.

import { addr } from '../../base/units.ts'
import type { Probe } from '../../device/probe.ts'

const DFSR = addr(0xe000ed30)
const DFSR_DWTTRAP = 1 << 2
const DEMCR = addr(0xe000edfc)
const DEMCR_TRCENA = 1 << 24
const DWT_CTRL = addr(0xe0001000)
const DWT_COMP0 = 0xe0001020
const COMPARATOR_BYTES = 16
const REGISTER = { COMP: 0, MASK: 4, FUNCTION: 8 } as const
const FUNCTION_MATCHED = 1 << 24
/** The largest range of one comparator: 2^15 bytes. */
const MOST_MASK = 15

/** By GDB's kind of Z packet: DWT_FUNCTION's action, and how a stop by it is called. */
const KINDS: Readonly<Record<string, { action: number; name: string }>> = {
  2: { action: 6, name: 'watch' },
  3: { action: 5, name: 'rwatch' },
  4: { action: 7, name: 'awatch' },
}

interface Watched {
  kind: string
  address: number
  length: number
}

interface Piece {
  address: number
  mask: number
}

export const isWatchpoint = (kind: string) => kind in KINDS

/** The fewest aligned ranges of 2^n bytes that are the range together. */
export function alignedPieces(address: number, length: number): Piece[] {
  const pieces: Piece[] = []
  for (let at = address, left = length; left > 0;) {
    let mask = 0
    while (mask < MOST_MASK && 2 ** (mask + 1) <= left && at % 2 ** (mask + 1) === 0) mask++
    pieces.push({ address: at, mask })
    at += 2 ** mask
    left -= 2 ** mask
  }
  return pieces
}

export class GdbWatchpoints {
  readonly #probe: Probe
  /** what each comparator watches for */
  #comparators: (Watched | undefined)[] = []

  constructor(probe: Probe) {
    this.#probe = probe
  }

  /** Switches the DWT on with nothing watched. */
  async open(): Promise<void> {
    await this.#probe.writeWord(DEMCR, ((await this.#probe.readWord(DEMCR)) | DEMCR_TRCENA) >>> 0)
    const count = (await this.#probe.readWord(DWT_CTRL)) >>> 28
    this.#comparators = Array.from({ length: count }, () => undefined)
    for (let index = 0; index < count; index++) await this.#write(index, REGISTER.FUNCTION, 0)
  }

  /** False: fewer comparators are left than the range takes. */
  async add(kind: string, address: number, length: number): Promise<boolean> {
    if (this.#find(kind, address, length).length > 0) return true
    const free = [...this.#comparators.keys()].filter((index) => this.#comparators[index] === undefined)
    const pieces = alignedPieces(address, length)
    if (pieces.length > free.length) return false
    for (const [i, piece] of pieces.entries()) {
      const index = free[i]!
      this.#comparators[index] = { kind, address, length }
      await this.#write(index, REGISTER.COMP, piece.address)
      await this.#write(index, REGISTER.MASK, piece.mask)
      await this.#write(index, REGISTER.FUNCTION, KINDS[kind]!.action)
    }
    return true
  }

  async remove(kind: string, address: number, length: number): Promise<void> {
    for (const index of this.#find(kind, address, length)) await this.#clear(index)
  }

  async removeAll(): Promise<void> {
    for (const [index, watched] of this.#comparators.entries()) if (watched !== undefined) await this.#clear(index)
  }

  /** Which watchpoint has stopped the core, as a stop reply says it (`watch:20000004;`); empty: none. Forgets it. */
  async takeHit(): Promise<string> {
    if (this.#comparators.every((watched) => watched === undefined)) return ''
    const reasons = await this.#probe.readWord(DFSR)
    await this.#probe.writeWord(DFSR, reasons)
    let hit = ''
    for (const [index, watched] of this.#comparators.entries()) {
      if (watched === undefined) continue
      const matched = ((await this.#probe.readWord(this.#register(index, REGISTER.FUNCTION))) & FUNCTION_MATCHED) !== 0
      if (matched && hit === '') hit = `${KINDS[watched.kind]!.name}:${watched.address.toString(16)};`
    }
    return (reasons & DFSR_DWTTRAP) === 0 ? '' : hit
  }

  #find(kind: string, address: number, length: number): number[] {
    return [...this.#comparators.keys()].filter((index) => {
      const watched = this.#comparators[index]
      return watched?.kind === kind && watched.address === address && watched.length === length
    })
  }

  async #clear(index: number): Promise<void> {
    this.#comparators[index] = undefined
    await this.#write(index, REGISTER.FUNCTION, 0)
  }

  #register(index: number, register: number) {
    return addr(DWT_COMP0 + COMPARATOR_BYTES * index + register)
  }

  #write(index: number, register: number, value: number): Promise<void> {
    return this.#probe.writeWord(this.#register(index, register), value)
  }
}
