import { describe, expect, it } from 'vitest'
import { STAGES, runRequest, type JobEvent } from '../../src-main/contract/run.ts'
import { foldEvent, newJobState, runningStage, timeLeft, type JobState } from '../../src-renderer/lib/job-state.ts'

const started: JobEvent = {
  type: 'started',
  runId: 7,
  request: runRequest.parse({ task: 'ad', boardId: 'virtual:stm32f407' }),
  stages: [...STAGES],
}
const done = (name: 'data' | 'train', ms: number): JobEvent => ({
  type: 'stage-done',
  record: { name, status: 'done', ms, facts: [{ key: 'recordings', value: 207 }] },
})

function fold(events: JobEvent[]): JobState {
  const state = newJobState('job-1', 0)
  events.forEach((event, index) => foldEvent(state, event, index * 1000))
  return state
}

describe('the state of a job', () => {
  it('follows stages from waiting to done, with progress, time and facts', () => {
    const state = fold([
      started,
      { type: 'stage-started', stage: 'data' },
      { type: 'stage-progress', stage: 'data', done: 3, total: 10, eta_ms: 7000, note: 'recording 3' },
      done('data', 812),
      { type: 'stage-started', stage: 'train' },
      { type: 'stage-progress', stage: 'train', done: 1, total: 30, eta_ms: null },
    ])
    expect(state.stages.map(({ status }) => status)).toEqual([
      'done',
      'running',
      'pending',
      'pending',
      'pending',
      'pending',
      'pending',
      'pending',
    ])
    expect(state.stages[0]).toMatchObject({ ms: 812, facts: [{ key: 'recordings', value: 207 }] })
    expect(runningStage(state)).toMatchObject({ name: 'train', done: 1, total: 30, started_ms: 4000 })
    expect(timeLeft(state)).toBeNull()
  })

  it('keeps the time left of the running stage only while the job runs', () => {
    const events: JobEvent[] = [
      started,
      { type: 'stage-started', stage: 'train' },
      { type: 'stage-progress', stage: 'train', done: 10, total: 30, eta_ms: 20_000 },
    ]
    expect(timeLeft(fold(events))).toEqual({ stage: 'train', ms: 20_000 })
    const cancelled: JobEvent = {
      type: 'failed',
      stage: 'train',
      status: 'cancelled',
      error: { code: 'CANCELLED', message: 'Cancelled.', hint: '' },
    }
    const state = fold([...events, cancelled])
    expect(timeLeft(state)).toBeNull()
    expect(state).toMatchObject({ status: 'cancelled', failedStage: 'train', ended_ms: 3000 })
    expect(state.stages[1]).toMatchObject({ status: 'cancelled', ms: 2000 })
  })

  it('keeps the last value of a metric, every point of a curve, and who said what when', () => {
    const auc = (value: number): JobEvent => ({
      type: 'metric',
      name: 'auc_board',
      unit: '',
      value,
      provenance: 'emulated',
    })
    const state = fold([
      started,
      { type: 'stage-started', stage: 'train' },
      { type: 'curve', series: 'train_loss', step: 1, value: 20 },
      { type: 'curve', series: 'train_loss', step: 2, value: 12 },
      auc(0.9),
      auc(0.91),
      { type: 'log', level: 'warn', message: 'few recordings' },
    ])
    expect(state.train_loss).toEqual([
      { step: 1, value: 20 },
      { step: 2, value: 12 },
    ])
    expect(state.metrics.auc_board).toEqual({ unit: '', value: 0.91, provenance: 'emulated' })
    expect(state.log.at(-1)).toEqual({ at_ms: 6000, level: 'warn', stage: 'train', message: 'few recordings' })
  })

  it('waits with a question until it is agreed to, or the job ends', () => {
    const question = { sectors: [{ index: 0, start: 0x08000000, bytes: 16_384 }], backup: '/store/backups/kept.bin' }
    const asked: JobEvent[] = [
      started,
      { type: 'stage-started', stage: 'flash' },
      { type: 'stage-progress', stage: 'flash', done: 10, total: 30, eta_ms: 20_000 },
      { type: 'question', stage: 'flash', question },
    ]
    expect(fold(asked)).toMatchObject({ status: 'running', question })
    expect(timeLeft(fold(asked))).toBeNull()
    expect(fold([...asked, { type: 'agreed', stage: 'flash' }])).toMatchObject({ status: 'running', question: null })
    const error = { code: 'BOARD_GONE', message: 'Unplugged.', hint: '' }
    const gone = fold([...asked, { type: 'failed', stage: 'flash', status: 'failed', error }])
    expect(gone).toMatchObject({ status: 'failed', question: null })
  })

  it('does not grow without end', () => {
    const state = fold([started])
    for (let i = 0; i < 5000; i++) foldEvent(state, { type: 'log', level: 'info', message: String(i) }, i)
    expect(state.log.length).toBeLessThanOrEqual(2000)
    expect(state.log.at(-1)!.message).toBe('4999')
  })
})
