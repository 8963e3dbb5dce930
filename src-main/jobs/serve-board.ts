// A virtual board for other people's tools.

import type { StlinkGeneration } from '../device/stlink/protocol.ts'
import { openStlinkProbe } from '../device/stlink/stlink-probe.ts'
import { serveGdb } from '../emulator/servers/gdb.ts'
import type { Server } from '../emulator/servers/loopback.ts'
import { servePty, type PtyServer } from '../emulator/servers/pty.ts'
import { serveStlinkTcp } from '../emulator/servers/stlink-tcp.ts'
import { STLINK_MODELS } from '../emulator/stlink/models.ts'
import { openVirtualBoard } from '../emulator/virtual-board.ts'
import { virtualBoardData } from './boards.ts'
import type { WorkerFiles } from './job-messages.ts'

export const STLINK_GENERATIONS = Object.keys(STLINK_MODELS) as StlinkGeneration[]

export interface ServeRequest {
  boardId: string
  probe: StlinkGeneration
  /** TCP ports on this machine, 0 for any free one; absent: not served */
  stlinkTcp?: number | undefined
  gdb?: number | undefined
  /** where a symbolic link to its serial line as a pseudo terminal is made; absent: not served */
  uart?: string | undefined
}

/** Where the board can be reached; null: not served. */
export interface ServedBoard {
  board: string
  probe: StlinkGeneration
  stlinkTcp: number | null
  gdb: number | null
  /** the link to its serial line */
  uart: string | null
}

/** Serves until the signal fires. Throws BOARD_UNKNOWN, BOARD_UNSUPPORTED, PORT_IN_USE, UART_LINK_TAKEN. */
export async function serveBoard(
  request: ServeRequest,
  {
    workers,
    signal,
    onListening,
  }: { workers: WorkerFiles; signal: AbortSignal; onListening: (at: ServedBoard) => void },
): Promise<void> {
  const { boardId, probe } = request
  let pty: PtyServer | undefined
  const board = await openVirtualBoard(virtualBoardData(boardId), {
    worker: workers.emulator,
    probe,
    onSerial: (bytes, baud) => pty?.send(bytes, baud),
  })
  const closing: (() => Promise<void>)[] = [() => board.close()]
  try {
    const start = async (port: number | undefined, serve: (port: number) => Promise<Server>) => {
      if (port === undefined) return null
      const server = await serve(port)
      closing.unshift(server.close)
      return server.port
    }
    if (request.uart !== undefined) {
      // A board that has gone says so to whoever uses its probe.
      pty = await servePty(request.uart, (bytes, baud) => void board.writeSerial(bytes, baud).catch(() => undefined))
      closing.unshift(pty.close)
    }
    const serial = board.data.id
    const productId = STLINK_MODELS[probe].productId
    onListening({
      board: boardId,
      probe,
      uart: request.uart ?? null,
      stlinkTcp: await start(request.stlinkTcp, (port) =>
        serveStlinkTcp(port, {
          transport: board.stlink,
          productId,
          serial,
          readTrace: (length) => board.readTrace(length),
        }),
      ),
      gdb: await start(request.gdb, (port) =>
        serveGdb(port, { data: board.data, openProbe: () => openStlinkProbe(board.stlink, { serial }) }),
      ),
    })
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
  } finally {
    for (const close of closing) await close()
  }
}
