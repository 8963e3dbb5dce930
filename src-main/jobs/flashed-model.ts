import type { Board } from '../device/board.ts'
import type { Graph } from '../ir/graph.ts'
import type { PackedModel } from '../pack/writer.ts'
import type { Plan } from '../plan/plan.ts'
import type { KernelSource } from '../plan/planned-kernel.ts'
import { systemClock } from '../base/clock.ts'
import { boardDataOf, openBoard, type ConnectWish } from './boards.ts'
import { loadFirmware } from './firmware-image.ts'
import type { WorkerFiles } from './job-messages.ts'
import { flash, type FlashConsent, type Flashed } from './stages/flash.ts'
import { pack } from './stages/pack.ts'
import { plan } from './stages/plan.ts'
import { standaloneContext, type Standalone } from './standalone.ts'

export interface BoardPlace {
  boardId: string
  assetsDir: string
  workers: WorkerFiles
  consent: FlashConsent
  underReset: boolean
  kernels: KernelSource
  /** holds the key that signs what is packed */
  keyFolder: string
  /** Virtual boards only: bytes that left its serial port. */
  onSerial?: ConnectWish['onSerial']
}

export interface OnBoard {
  board: Board
  plan: Plan
  packed: PackedModel
  flashed: Flashed
  firmwareSha256: string
}

/** Plans, packs and flashes a model, hands the running board to `use`, and closes it however that ends. */
export async function withFlashedModel<T>(
  graph: Graph,
  { boardId, assetsDir, workers, consent, underReset, kernels, keyFolder, onSerial }: BoardPlace,
  work: Standalone,
  use: (onBoard: OnBoard) => Promise<T>,
): Promise<T> {
  const data = await boardDataOf(boardId, { underReset })
  const firmware = loadFirmware(assetsDir, data)
  const planned = plan({ graph, board: data, firmware, kernels }, standaloneContext(work, 'plan'))
  const packed = pack({ plan: planned, keyFolder }, standaloneContext(work, 'pack'))
  const start = systemClock.monotonicMs()
  const board = await openBoard(boardId, workers, { underReset, ...(onSerial && { onSerial }) })
  const connectMs = systemClock.monotonicMs() - start
  try {
    const flashed = await flash({ board, connectMs, firmware, packed, consent }, standaloneContext(work, 'flash'))
    return await use({ board, plan: planned, packed, flashed, firmwareSha256: firmware.sha256 })
  } finally {
    await board.close()
  }
}
