// Whose flash is about to be erased. Thimble's own firmware says so by its header and owns the model's region too; an
// erased chip belongs to nobody; anything else is somebody's work and is not erased unasked.

import { AppError } from '../base/errors.ts'
import { KB, addr, hexAddr, type Addr } from '../base/units.ts'
import type { BoardData, FlashSector } from './board-data.ts'
import { planFlash } from './flash-plan.ts'
import { readBack, type RegionContent } from './flash-region.ts'
import { IMAGE_HEADER_BYTES, IMAGE_HEADER_OFFSET, parseImageHeader } from './image-header.ts'
import type { Probe } from './probe.ts'

const ERASED = 0xff

const sectorRange = ({ index, start, size }: FlashSector) =>
  `${index} (${hexAddr(start)} to ${hexAddr(start + size - 1)}, ${size / KB} KB)`

/** Sectors as a person is shown them before they are erased. */
export const namedSectors = (sectors: readonly FlashSector[]): string => sectors.map(sectorRange).join(', ')

/** What stops flashing when nobody has agreed to it. */
export const foreignFlash = (sectors: readonly FlashSector[], backup: string | null): AppError =>
  new AppError(
    'FLASH_FOREIGN',
    `Flash holds something that Thimble has not written, in sectors ${namedSectors(sectors)}. ` +
      (backup === null ? 'It was not read back.' : `It was read back to ${backup}.`) +
      ' Nothing was erased.',
    { context: { sectors: sectors.map(({ index }) => index), backup } },
  )

/**
 * Sectors that `contents` would erase and that hold neither Thimble's nor nothing. What an interrupted flashing of the
 * same bytes has left is Thimble's: each bit that is to be 1 is still 1, and the rest of the sector is erased.
 */
export async function foreignSectors(
  contents: readonly RegionContent[],
  { probe, data }: { probe: Probe; data: BoardData },
): Promise<FlashSector[]> {
  const at = addr(data.firmwareRegion.start + IMAGE_HEADER_OFFSET)
  const header = parseImageHeader(await probe.read(at, IMAGE_HEADER_BYTES))
  if (header?.chip_id === data.idCode) return []
  const foreign: FlashSector[] = []
  for (const { region, bytes } of contents) {
    const current = await readBack(probe, region.start, bytes.length)
    for (const { sector, from, to } of planFlash(data.flash.sectors, region.start, bytes, current)) {
      const rest = await readBack(probe, region.start + to, sector.size - (to - from))
      const untouched =
        rest.every((byte) => byte === ERASED) &&
        current.subarray(from, to).every((byte, i) => (byte & bytes[from + i]!) === bytes[from + i])
      if (!untouched) foreign.push(sector)
    }
  }
  return foreign
}

/** All of flash, from its start. `onBytes` counts what has been read. */
export const readFlash = (probe: Probe, { flash }: BoardData, onBytes?: (count: number) => void): Promise<Uint8Array> =>
  readBack(probe, flash.start, flash.size, onBytes)

/** The chip's unique id: 96 bits as 24 hexadecimal digits. */
export async function readUniqueId(probe: Probe, at: Addr): Promise<string> {
  return Buffer.from(await probe.read(at, 12)).toString('hex')
}
