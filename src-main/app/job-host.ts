// One job at a time, in a utility process of its own: the window never waits for it. Its events go to the window as
// they come, and stay here, so that a reloaded window catches up.

import { AppError } from '../base/errors.ts'
import type { TimedEvent } from '../contract/api.ts'
import type { JobEvent, RunRequest } from '../contract/run.ts'
import type { Job, JobProcess } from '../jobs/job-client.ts'
import type { Workspace } from '../jobs/workspace.ts'

export interface JobHostOptions {
  workspace: Pick<Workspace, 'startJob'>
  fork: () => JobProcess
  onEvent: (jobId: string, event: TimedEvent) => void
  now: () => number
}

export interface JobHost {
  /** Waits until the process of a job that has said its last word is gone. Throws JOB_RUNNING when one runs. */
  start(request: RunRequest): Promise<{ jobId: string }>
  /** Resolves when no process of a job has a board open. Throws JOB_RUNNING when a job runs. */
  idle(): Promise<void>
  cancel(jobId: string): { accepted: boolean }
  agree(jobId: string): { accepted: boolean }
  current(): { jobId: string; events: TimedEvent[] } | null
  /** Cancels what runs and waits until its process is gone. */
  close(): Promise<void>
}

export function createJobHost({ workspace, fork, onEvent, now }: JobHostOptions): JobHost {
  let running: Job | null = null
  let saidItsLast = false
  let current: { jobId: string; events: TimedEvent[] } | null = null
  let count = 0

  async function idle(): Promise<void> {
    if (running !== null && saidItsLast) await running.ended
    if (running !== null) throw new AppError('JOB_RUNNING', 'A job is running already. One board, one job at a time.')
  }

  return {
    idle,

    async start(request) {
      await idle()
      const jobId = `job-${++count}`
      const events: TimedEvent[] = []
      current = { jobId, events }
      const keep = (event: JobEvent) => {
        const timed = { seq: events.length, at_ms: now(), event }
        events.push(timed)
        if (event.type === 'finished' || event.type === 'failed') saidItsLast = true
        onEvent(jobId, timed)
      }
      saidItsLast = false
      const job = workspace.startJob(request, fork, keep)
      running = { ...job, ended: job.ended.finally(() => (running = null)) }
      return { jobId }
    },

    cancel(jobId) {
      if (running === null || current?.jobId !== jobId) return { accepted: false }
      running.cancel()
      return { accepted: true }
    },

    agree(jobId) {
      if (running === null || current?.jobId !== jobId) return { accepted: false }
      running.agree()
      return { accepted: true }
    },

    current: () => current,

    async close() {
      running?.cancel()
      await running?.ended
    },
  }
}
