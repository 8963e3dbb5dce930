// The job that runs now or ran last in this session.

import type { EventPayload, RequestParams, TimedEvent } from '../../src-main/contract/api.ts'
import type { JobEvent, RunRequest } from '../../src-main/contract/run.ts'
import { announcer } from './announcer.svelte.ts'
import { on, request } from './api.ts'
import { failures } from './failures.svelte.ts'
import { foldEvent, newJobState, type JobState } from './job-state.ts'
import { t } from './messages.ts'
import { offerFor } from './offers.svelte.ts'
import { router } from './router.svelte.ts'
import { SampleBuffer } from './sample-buffer.ts'

class Job {
  current = $state<JobState | null>(null)
  readonly samples = new SampleBuffer()
  /** counts arrivals of samples */
  sampleVersion = $state(0)
  private nextSeq = 0

  get running(): boolean {
    return this.current?.status === 'running' || this.current?.status === 'cancelling'
  }

  /** Catches up with what happened before this page was loaded, then follows. */
  async follow(): Promise<void> {
    const early: EventPayload<'job.event'>[] = []
    let takeLive = (payload: EventPayload<'job.event'>): void => void early.push(payload)
    on('job.event', (payload) => takeLive(payload))
    const past = await request('jobs.current', {})
    for (const timed of past?.events ?? []) this.take(past!.jobId, timed, false)
    takeLive = ({ jobId, ...timed }) => this.take(jobId, timed, true)
    early.forEach(takeLive)
  }

  async start(wanted: RequestParams<'jobs.start'>): Promise<void> {
    // what a state holds can't be sent to another process as it is
    const { jobId } = await request('jobs.start', $state.snapshot(wanted))
    this.expect(jobId, Date.now())
    router.go('job')
  }

  async cancel(): Promise<void> {
    if (this.current?.status !== 'running') return
    this.current.status = 'cancelling'
    await request('jobs.cancel', { jobId: this.current.jobId })
  }

  /** Lets the job erase what it asks for. */
  async agree(): Promise<void> {
    if (this.current?.question) await request('jobs.agree', { jobId: this.current.jobId })
  }

  private expect(jobId: string, at_ms: number): void {
    if (this.current?.jobId === jobId) return
    this.samples.clear()
    this.sampleVersion++
    this.nextSeq = 0
    this.current = newJobState(jobId, at_ms)
  }

  private take(jobId: string, { seq, at_ms, event }: TimedEvent, live: boolean): void {
    this.expect(jobId, at_ms)
    if (seq < this.nextSeq) return
    this.nextSeq = seq + 1
    const state = this.current!
    foldEvent(state, event, at_ms)
    if (event.type === 'samples') {
      this.samples.push(event.samples)
      this.sampleVersion++
    }
    if (live) this.tell(state, event)
  }

  /** What a person should notice, wherever in the window they are. */
  private tell(state: JobState, event: JobEvent): void {
    switch (event.type) {
      case 'stage-started':
        announcer.say(t('job.announce.stage', { stage: t(`stage.${event.stage}`) }))
        // the stream is what one wants to see while it runs; who went elsewhere meanwhile is left alone
        if (event.stage === 'bench' && router.screen === 'job') router.go('live')
        return
      case 'question':
        announcer.say(t('job.announce.question'))
        return
      case 'finished':
        announcer.say(t('job.announce.done'))
        return
      case 'failed':
        announcer.say(t(event.status === 'cancelled' ? 'job.announce.cancelled' : 'job.announce.failed'))
        if (event.status === 'failed') {
          const again = state.request
          const start = (wanted: RunRequest) => void failures.guard(() => this.start(wanted))
          failures.show(event.error, {
            stage: event.stage,
            retry: again ? () => start(again) : undefined,
            offer: again && offerFor(event.error, again, start),
          })
        }
        return
      default:
        return
    }
  }
}

export const job = new Job()
