import type { FlashSector } from './board-data.ts'

export interface SectorWrite {
  sector: FlashSector
  /** the part of the wanted bytes that lies in this sector */
  from: number
  to: number
}

const differs = (a: Uint8Array, b: Uint8Array, from: number, to: number) =>
  Buffer.compare(a.subarray(from, to), b.subarray(from, to)) !== 0

/**
 * Which sectors have to be erased and written so that flash holds `wanted` from `start` (a sector's start) on, where
 * `current` is what it holds there now, as many bytes. None when nothing differs. When anything does, the first sector
 * is among them, first: it holds what makes the content valid, and that must be gone before anything else changes.
 */
export function planFlash(
  sectors: readonly FlashSector[],
  start: number,
  wanted: Uint8Array,
  current: Uint8Array,
): SectorWrite[] {
  const touched = sectors
    .filter((sector) => sector.start + sector.size > start && sector.start < start + wanted.length)
    .map((sector) => ({
      sector,
      from: sector.start - start,
      to: Math.min(sector.start + sector.size - start, wanted.length),
    }))
  const changed = touched.filter(({ from, to }) => differs(wanted, current, from, to))
  if (changed.length === 0) return []
  return changed[0] === touched[0] ? changed : [touched[0]!, ...changed]
}
