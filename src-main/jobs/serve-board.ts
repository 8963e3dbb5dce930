// A virtual board for other people's tools.

import { AppError } from '../base/errors.ts'
import type { StlinkGeneration } from '../device/stlink/protocol.ts'
import { serveStlinkTcp } from '../emulator/servers/stlink-tcp.ts'
import { STLINK_MODELS } from '../emulator/stlink/models.ts'
import { openVirtualBoard } from '../emulator/virtual-board.ts'
import { boardDataOf, boardProvenance } from './boards.ts'
import type { WorkerFiles } from './job-messages.ts'

export const STLINK_GENERATIONS = Object.keys(STLINK_MODELS) as StlinkGeneration[]

export interface ServeRequest {
  boardId: string
  probe: StlinkGeneration
  /** TCP ports on this machine, 0 for any free one; absent: not served */
  stlinkTcp?: number | undefined
}

/** Where the board can be reached; null: not served. */
export interface ServedBoard {
  board: string
  probe: StlinkGeneration
  stlinkTcp: number | null
}

/** Serves until the signal fires. Throws BOARD_UNKNOWN, BOARD_UNSUPPORTED, PORT_IN_USE. */
export async function serveBoard(
  request: ServeRequest,
  {
    workers,
    signal,
    onListening,
  }: { workers: WorkerFiles; signal: AbortSignal; onListening: (at: ServedBoard) => void },
): Promise<void> {
  const { boardId, probe } = request
  if (boardProvenance(boardId) !== 'emulated') {
    throw new AppError('BOARD_UNSUPPORTED', `${boardId} is not a virtual board.`)
  }
  const board = await openVirtualBoard(boardDataOf(boardId), { worker: workers.emulator, probe })
  const closing: (() => Promise<void>)[] = [() => board.close()]
  try {
    let stlinkTcp: number | null = null
    if (request.stlinkTcp !== undefined) {
      const server = await serveStlinkTcp(request.stlinkTcp, {
        transport: board.stlink,
        productId: STLINK_MODELS[probe].productId,
        serial: board.data.id,
      })
      closing.unshift(server.close)
      stlinkTcp = server.port
    }
    onListening({ board: boardId, probe, stlinkTcp })
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  } finally {
    for (const close of closing) await close()
  }
}
