import type { FlashSector } from './board-data.ts'

export interface SectorWrite {
  sector: FlashSector
  /** the part of the wanted bytes that lies in this sector */
  from: number
  to: number
}

const differs = (a: Uint8Array, b: Uint8Array, from: number, to: number) =>
  Buffer.compare(a.subarray(from, to), b.subarray(from, to)) !== 0

/** The sectors that `length` bytes from `start` (a sector's start) on lie in. */
export const touchedSectors = (sectors: readonly FlashSector[], start: number, length: number): SectorWrite[] =>
  sectors
    .filter((sector) => sector.start + sector.size > start && sector.start < start + length)
    .map((sector) => ({
      sector,
      from: sector.start - start,
      to: Math.min(sector.start + sector.size - start, length),
    }))

/**
 * Which of the touched sectors have to be erased and written, when `changed` says of each whether it differs. None when
 * nothing does. When anything does, the first is among them, first: it holds what makes the content valid, and that must
 * be gone before anything else changes.
 */
export const planWrites = (touched: readonly SectorWrite[], changed: readonly boolean[]): SectorWrite[] =>
  changed.includes(true) ? touched.filter((_, index) => index === 0 || changed[index]) : []

/** The same where all that flash holds from `start` on is known: `current`, as many bytes as `wanted`. */
export function planFlash(
  sectors: readonly FlashSector[],
  start: number,
  wanted: Uint8Array,
  current: Uint8Array,
): SectorWrite[] {
  const touched = touchedSectors(sectors, start, wanted.length)
  return planWrites(
    touched,
    touched.map(({ from, to }) => differs(wanted, current, from, to)),
  )
}
