import { join } from 'node:path'
import { sha256 } from '../base/hash.ts'
import { bytes, type Bytes } from '../base/units.ts'
import type { BoardData } from '../device/board-data.ts'
import { imageHeaderOf } from '../device/image-header.ts'
import { readFile } from './read-model-file.ts'

export interface Firmware {
  image: Uint8Array
  sha256: string
  /** writes flash from the chip's RAM */
  loader: Uint8Array
  /** RAM that it leaves to a model */
  arenaBytes: Bytes
  /** of its stack, what it leaves to a generated kernel */
  kernelStackBytes: Bytes
}

/** The prebuilt image for a kind of board, and the loader. Throws FILE_NOT_FOUND, BOARD_NO_FIRMWARE. */
export function loadFirmware(assetsDir: string, board: BoardData): Firmware {
  const built = (name: string) => readFile(join(assetsDir, 'firmware', `${name}.bin`), 'firmware')
  const image = built(board.id)
  const header = imageHeaderOf(image)
  return {
    image,
    sha256: sha256(image),
    loader: built('loader'),
    arenaBytes: bytes(header.arena_bytes),
    kernelStackBytes: bytes(header.kernel_stack_bytes),
  }
}
