import { join } from 'node:path'
import { sha256 } from '../base/hash.ts'
import { bytes, type Bytes } from '../base/units.ts'
import type { BoardData } from '../device/board-data.ts'
import { imageHeaderOf } from '../device/image-header.ts'
import { readFile } from './read-model-file.ts'

export interface Firmware {
  image: Uint8Array
  sha256: string
  /** RAM that it leaves to a model */
  arenaBytes: Bytes
}

/** The prebuilt image for a kind of board. Throws FILE_NOT_FOUND, BOARD_NO_FIRMWARE. */
export function loadFirmware(assetsDir: string, board: BoardData): Firmware {
  const image = readFile(join(assetsDir, 'firmware', `${board.id}.bin`), 'firmware')
  return { image, sha256: sha256(image), arenaBytes: bytes(imageHeaderOf(image).arena_bytes) }
}
