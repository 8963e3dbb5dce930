import type { Board } from '../device/board.ts'
import type { Graph } from '../ir/graph.ts'
import type { PackedModel } from '../pack/writer.ts'
import type { Plan } from '../plan/plan.ts'
import { boardDataOf, openBoard } from './boards.ts'
import { loadFirmware } from './firmware-image.ts'
import type { WorkerFiles } from './job-messages.ts'
import { flash, type Flashed } from './stages/flash.ts'
import { pack } from './stages/pack.ts'
import { plan } from './stages/plan.ts'
import { standaloneContext, type Standalone } from './standalone.ts'

export interface BoardPlace {
  boardId: string
  assetsDir: string
  workers: WorkerFiles
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
  { boardId, assetsDir, workers }: BoardPlace,
  work: Standalone,
  use: (onBoard: OnBoard) => Promise<T>,
): Promise<T> {
  const data = await boardDataOf(boardId)
  const firmware = loadFirmware(assetsDir, data)
  const planned = plan({ graph, board: data, firmware }, standaloneContext(work, 'plan'))
  const packed = pack(planned, standaloneContext(work, 'pack'))
  const board = await openBoard(boardId, workers)
  try {
    const flashed = await flash({ board, firmware, packed }, standaloneContext(work, 'flash'))
    return await use({ board, plan: planned, packed, flashed, firmwareSha256: firmware.sha256 })
  } finally {
    await board.close()
  }
}
