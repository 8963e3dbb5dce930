// Runs the pipeline in this process and collects what it says.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../src-main/base/clock.ts'
import { toAppError, type AppError } from '../../src-main/base/errors.ts'
import { jobEvent, runRequest, type JobEvent, type RunDetail, type RunRequest } from '../../src-main/contract/run.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { virtualBoardData } from '../../src-main/jobs/boards.ts'
import { runPipeline } from '../../src-main/jobs/pipeline.ts'
import type { Store } from '../../src-main/store/store.ts'

export const ASSETS = fileURLToPath(new URL('../../assets', import.meta.url))
export const BOARD = 'virtual:stm32f407'

export interface JobOutcome {
  run: RunDetail | null
  error: AppError | null
  events: JobEvent[]
  /** boards that were opened and not closed again */
  boardsLeftOpen: number
}

/** What a test may do to a job while it goes on. */
export interface JobTools {
  cancel(): void
  unplug(): void
  /** agrees to what the job asks */
  agree(): void
}

/** Where flash that Thimble has not written is read back to. */
export const BACKUPS = join(tmpdir(), 'thimble-backups')
const KEYS = join(tmpdir(), `thimble-keys-${process.pid}`)

export interface BoardState {
  /** what the board's flash holds at power-on */
  flash?: Uint8Array
  /** whether there is somebody to ask */
  asks?: boolean
  /** the board as the job leaves it */
  onClose?: (board: VirtualBoard) => Promise<void>
}

export async function runJob(
  store: Store,
  request: Partial<RunRequest>,
  onEvent: (event: JobEvent, tools: JobTools) => void = () => undefined,
  { flash, asks = true, onClose }: BoardState = {},
): Promise<JobOutcome> {
  const cancellation = new AbortController()
  const events: JobEvent[] = []
  let boardsLeftOpen = 0
  let opened: VirtualBoard | undefined
  let agree = () => undefined as void
  const tools = { cancel: () => cancellation.abort(), unplug: () => void opened?.unplug(), agree: () => agree() }
  const openBoard = async (id: string) => {
    const board = await openVirtualBoard(virtualBoardData(id), { flash })
    opened = board
    boardsLeftOpen++
    return {
      ...board,
      async close() {
        boardsLeftOpen--
        await onClose?.(board)
        await board.close()
      },
    }
  }
  const outcome = await runPipeline(runRequest.parse({ boardId: BOARD, ...request }), {
    store,
    assetsDir: ASSETS,
    openBoard,
    backupFolder: BACKUPS,
    keyFolder: KEYS,
    ...(asks && { agreement: () => new Promise<void>((resolve) => (agree = resolve)) }),
    emit(event) {
      events.push(jobEvent.parse(event))
      onEvent(event, tools)
    },
    signal: cancellation.signal,
    clock: systemClock,
  }).then(
    (run) => ({ run, error: null }),
    (thrown: unknown) => ({ run: null, error: toAppError(thrown) }),
  )
  return { ...outcome, events, boardsLeftOpen }
}
