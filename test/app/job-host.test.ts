import { describe, expect, it } from 'vitest'
import { createJobHost } from '../../src-main/app/job-host.ts'
import type { TimedEvent } from '../../src-main/contract/api.ts'
import { runRequest, type JobEvent } from '../../src-main/contract/run.ts'
import type { JobProcess } from '../../src-main/jobs/job-client.ts'
import type { Workspace } from '../../src-main/jobs/workspace.ts'

const request = runRequest.parse({ task: 'ad', boardId: 'virtual:stm32f407' })
const log = (message: string): JobEvent => ({ type: 'log', level: 'info', message })
const cancelled: JobEvent = {
  type: 'failed',
  stage: 'train',
  status: 'cancelled',
  error: { code: 'CANCELLED', message: 'Cancelled.', hint: '' },
}

/** A workspace whose jobs are driven by the test. */
function drivenHost() {
  const started: {
    emit: (event: JobEvent) => void
    exit: (last: JobEvent) => void
    cancels: number
    agreed: number
  }[] = []
  const sent: { jobId: string; timed: TimedEvent }[] = []
  const workspace: Pick<Workspace, 'startJob'> = {
    startJob(_request, _fork, onEvent) {
      let exit!: (last: JobEvent) => void
      const ended = new Promise<JobEvent>((resolve) => (exit = resolve))
      const job = { emit: onEvent, exit, cancels: 0, agreed: 0 }
      started.push(job)
      return { ended, cancel: () => void job.cancels++, agree: () => void job.agreed++ }
    },
  }
  let clock = 1000
  const host = createJobHost({
    workspace,
    fork: () => ({}) as JobProcess,
    now: () => clock++,
    onEvent: (jobId, timed) => sent.push({ jobId, timed }),
  })
  return { host, started, sent }
}

describe('the job host', () => {
  it('numbers and times events, sends them on and keeps them for a reloaded window', async () => {
    const { host, started, sent } = drivenHost()
    expect(host.current()).toBeNull()
    const { jobId } = await host.start(request)
    started[0]!.emit(log('one'))
    started[0]!.emit(log('two'))
    expect(host.current()).toEqual({
      jobId,
      events: [
        { seq: 0, at_ms: 1000, event: log('one') },
        { seq: 1, at_ms: 1001, event: log('two') },
      ],
    })
    expect(sent.map(({ timed }) => timed)).toEqual(host.current()!.events)
  })

  it('runs one job at a time', async () => {
    const { host, started } = drivenHost()
    await host.start(request)
    await expect(host.start(request)).rejects.toMatchObject({ code: 'JOB_RUNNING' })
    expect(started).toHaveLength(1)
  })

  it('starts the next one when the last has said its last word and its process is gone', async () => {
    const { host, started } = drivenHost()
    const first = await host.start(request)
    started[0]!.emit(cancelled)
    const second = host.start(request)
    await Promise.resolve()
    expect(started).toHaveLength(1)
    started[0]!.exit(cancelled)
    expect((await second).jobId).not.toBe(first.jobId)
    expect(started).toHaveLength(2)
    expect(host.current()!.events).toEqual([])
  })

  it('cancels the job that runs, and no other', async () => {
    const { host, started } = drivenHost()
    const { jobId } = await host.start(request)
    expect(host.cancel('job-of-yesterday')).toEqual({ accepted: false })
    expect(host.cancel(jobId)).toEqual({ accepted: true })
    expect(started[0]!.cancels).toBe(1)
    started[0]!.exit(cancelled)
    await new Promise((resolve) => setTimeout(resolve))
    expect(host.cancel(jobId)).toEqual({ accepted: false })
  })

  it('is idle once the process of the last job is gone', async () => {
    const { host, started } = drivenHost()
    await host.idle()
    await host.start(request)
    await expect(host.idle()).rejects.toMatchObject({ code: 'JOB_RUNNING' })
    started[0]!.emit(cancelled)
    let idle = false
    const waiting = host.idle().then(() => (idle = true))
    await new Promise((resolve) => setTimeout(resolve))
    expect(idle).toBe(false)
    started[0]!.exit(cancelled)
    await waiting
  })

  it('passes an agreement on to the job that runs, and to no other', async () => {
    const { host, started } = drivenHost()
    expect(host.agree('job-1')).toEqual({ accepted: false })
    const { jobId } = await host.start(request)
    expect(host.agree('job-of-yesterday')).toEqual({ accepted: false })
    expect(started[0]!.agreed).toBe(0)
    expect(host.agree(jobId)).toEqual({ accepted: true })
    expect(started[0]!.agreed).toBe(1)
  })

  it('cancels on closing and waits for the process', async () => {
    const { host, started } = drivenHost()
    await host.start(request)
    let closed = false
    const closing = host.close().then(() => (closed = true))
    await new Promise((resolve) => setTimeout(resolve))
    expect(started[0]!.cancels).toBe(1)
    expect(closed).toBe(false)
    started[0]!.exit(cancelled)
    await closing
  })
})
