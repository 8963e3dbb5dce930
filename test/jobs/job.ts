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
}

export async function runJob(
  store: Store,
  request: Partial<RunRequest>,
  onEvent: (event: JobEvent, tools: JobTools) => void = () => undefined,
): Promise<JobOutcome> {
  const cancellation = new AbortController()
  const events: JobEvent[] = []
  let boardsLeftOpen = 0
  let opened: VirtualBoard | undefined
  const tools = { cancel: () => cancellation.abort(), unplug: () => void opened?.unplug() }
  const openBoard = async (id: string) => {
    const board = await openVirtualBoard(virtualBoardData(id))
    opened = board
    boardsLeftOpen++
    return {
      ...board,
      async close() {
        boardsLeftOpen--
        await board.close()
      },
    }
  }
  const outcome = await runPipeline(runRequest.parse({ boardId: BOARD, ...request }), {
    store,
    assetsDir: ASSETS,
    openBoard,
    backupFolder: join(tmpdir(), 'thimble-backups'),
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
