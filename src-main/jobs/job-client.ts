// The parent's side of a job: starts its process, passes its events on, and stays right whatever becomes of it.
// How a process is started is handed in: Electron's utility process in the app, child_process elsewhere.

import { AppError, toAppError } from '../base/errors.ts'
import { jobEvent, type JobEvent, type StageName } from '../contract/run.ts'
import type { Store } from '../store/store.ts'
import type { JobSettings, ToJobWorker } from './job-messages.ts'

export interface JobProcess {
  post(message: ToJobWorker): void
  onMessage(listener: (message: unknown) => void): void
  onExit(listener: (code: number | null) => void): void
  kill(): void
}

export interface Job {
  /** Asks the job to stop; ends its process when it has not done so in time. */
  cancel(): void
  /** Agrees to what the job asks. */
  agree(): void
  /** Resolves when the process is gone, to the last event: `finished` or `failed`. Never rejects. */
  ended: Promise<JobEvent>
}

export interface JobClientOptions {
  fork: () => JobProcess
  /** the parent's own: runs of a process that died are marked in it */
  store: Store
  onEvent: (event: JobEvent) => void
  /** from cancel to the end of the process by force */
  graceMs?: number
}

const DEFAULT_GRACE_MS = 5_000
/** from the last event to the end of the process by force */
const EXIT_MS = 2_000

export function startJob(settings: JobSettings, options: JobClientOptions): Job {
  const child = options.fork()
  let last: JobEvent | undefined
  let stage: StageName | null = null
  let cancelled = false
  let killTimer: NodeJS.Timeout | undefined

  const killAfter = (ms: number) => {
    clearTimeout(killTimer)
    killTimer = setTimeout(() => child.kill(), ms)
  }

  const onMessage = (message: unknown) => {
    const { success, data: event, error } = jobEvent.safeParse(message)
    if (last !== undefined) return
    if (!success) return options.onEvent({ type: 'log', level: 'error', message: `The job said: ${error.message}` })
    if (event.type === 'stage-started') stage = event.stage
    if (event.type === 'finished' || event.type === 'failed') {
      last = event
      killAfter(EXIT_MS)
    }
    options.onEvent(event)
  }

  const ended = new Promise<JobEvent>((resolve) => {
    child.onExit((code) => {
      clearTimeout(killTimer)
      if (last === undefined) {
        last = diedEvent(cancelled, stage, code)
        markInterrupted(options.store, options.onEvent)
        options.onEvent(last)
      }
      resolve(last)
    })
  })
  child.onMessage(onMessage)
  child.post({ type: 'start', ...settings })

  return {
    ended,
    agree: () => child.post({ type: 'agree' }),
    cancel() {
      if (last !== undefined || cancelled) return
      cancelled = true
      child.post({ type: 'cancel' })
      killAfter(options.graceMs ?? DEFAULT_GRACE_MS)
    },
  }
}

function diedEvent(cancelled: boolean, stage: StageName | null, code: number | null): JobEvent {
  const error = cancelled
    ? new AppError('CANCELLED', 'Cancelled. The job did not stop in time, so its process was ended.')
    : new AppError('JOB_CRASHED', `The job process ended unexpectedly${code === null ? '' : ` (code ${code})`}.`)
  return { type: 'failed', stage, error: error.toDto(), status: cancelled ? 'cancelled' : 'failed' }
}

function markInterrupted(store: Store, onEvent: (event: JobEvent) => void): void {
  try {
    store.markInterruptedRuns()
  } catch (thrown) {
    onEvent({ type: 'log', level: 'error', message: toAppError(thrown).message })
  }
}
