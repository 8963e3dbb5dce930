// Folds a job's events into what the screens show. Pure: the same events give the same state after a reload.

import type {
  JobEvent,
  JobQuestion,
  RunDetail,
  RunRequest,
  StageName,
  StageRecord,
} from '../../src-main/contract/run.ts'
import type { ErrorReport } from './api.ts'

export interface StageState {
  name: StageName
  status: StageRecord['status']
  started_ms: number | null
  /** how long it took, once it has ended */
  ms: number | null
  done: number
  /** 0 where the end isn't known */
  total: number
  eta_ms: number | null
  note: string | null
  facts: StageRecord['facts']
}

export interface LogLine {
  at_ms: number
  level: 'debug' | 'info' | 'warn' | 'error'
  stage: StageName | null
  message: string
}

export interface CurvePoint {
  step: number
  value: number
}

export interface Metric {
  unit: string
  value: number
  provenance: RunDetail['provenance']
}

export interface JobState {
  jobId: string
  runId: number | null
  request: RunRequest | null
  status: 'running' | 'cancelling' | 'done' | 'failed' | 'cancelled'
  started_ms: number
  ended_ms: number | null
  stages: StageState[]
  train_loss: CurvePoint[]
  validation_loss: CurvePoint[]
  metrics: Record<string, Metric>
  /** what the job waits for */
  question: JobQuestion | null
  log: LogLine[]
  run: RunDetail | null
  error: ErrorReport | null
  failedStage: StageName | null
}

/** The window keeps this many lines; the run's whole log is in the store. */
const LOG_LINES = 2000

export function newJobState(jobId: string, at_ms: number): JobState {
  return {
    jobId,
    runId: null,
    request: null,
    status: 'running',
    started_ms: at_ms,
    ended_ms: null,
    stages: [],
    train_loss: [],
    validation_loss: [],
    metrics: {},
    question: null,
    log: [],
    run: null,
    error: null,
    failedStage: null,
  }
}

const pendingStage = (name: StageName): StageState => ({
  name,
  status: 'pending',
  started_ms: null,
  ms: null,
  done: 0,
  total: 0,
  eta_ms: null,
  note: null,
  facts: [],
})

export const runningStage = (state: JobState) => state.stages.find((stage) => stage.status === 'running')

/** The log is for those who look for a fault: it keeps the events' own terms, in every language. */
function note(state: JobState, level: LogLine['level'], message: string, at_ms: number): void {
  state.log.push({ at_ms, level, stage: runningStage(state)?.name ?? null, message })
  if (state.log.length > LOG_LINES) state.log.splice(0, state.log.length - LOG_LINES)
}

/** Changes `state` in place. Samples are left to the sample buffer: there are too many to be watched one by one. */
export function foldEvent(state: JobState, event: JobEvent, at_ms: number): void {
  const stage = 'stage' in event ? state.stages.find((each) => each.name === event.stage) : undefined
  switch (event.type) {
    case 'started':
      state.runId = event.runId
      state.request = event.request
      state.stages = event.stages.map(pendingStage)
      return
    case 'stage-started':
      if (stage) Object.assign(stage, { status: 'running', started_ms: at_ms })
      note(state, 'info', event.type, at_ms)
      return
    case 'stage-progress':
      if (stage) {
        Object.assign(stage, {
          done: event.done,
          total: event.total,
          eta_ms: event.eta_ms,
          note: event.note ?? stage.note,
        })
      }
      return
    case 'stage-done': {
      const ended = state.stages.find((each) => each.name === event.record.name)
      const { status, ms, facts } = event.record
      const told = facts.map((fact) => `${fact.key}=${fact.value}`).join(' ')
      note(state, 'info', `${event.type} ${status} ${Math.round(ms ?? 0)} ms ${told}`, at_ms)
      if (ended) Object.assign(ended, { status, ms, facts })
      return
    }
    case 'curve':
      state[event.series].push({ step: event.step, value: event.value })
      note(state, 'debug', `${event.series} ${event.step} ${event.value.toPrecision(5)}`, at_ms)
      return
    case 'metric':
      state.metrics[event.name] = { unit: event.unit, value: event.value, provenance: event.provenance }
      return
    case 'log':
      note(state, event.level, event.message, at_ms)
      return
    case 'samples':
      return
    case 'question':
      state.question = event.question
      if (stage) stage.eta_ms = null
      note(state, 'info', `${event.type} ${event.question.sectors.map(({ index }) => index).join(' ')}`, at_ms)
      return
    case 'agreed':
      state.question = null
      note(state, 'info', event.type, at_ms)
      return
    case 'finished':
      state.status = 'done'
      state.ended_ms = at_ms
      state.run = event.run
      return
    case 'failed':
      state.status = event.status
      state.ended_ms = at_ms
      state.question = null
      state.error = event.error
      state.failedStage = event.stage
      note(state, event.status === 'cancelled' ? 'info' : 'error', `${event.error.code} ${event.error.message}`, at_ms)
      if (stage && stage.status === 'running') {
        Object.assign(stage, { status: event.status, ms: stage.started_ms === null ? null : at_ms - stage.started_ms })
      }
      return
  }
}

/** Time left of the stage that runs, where it is known: what the later ones will take isn't. */
export function timeLeft(state: JobState): { stage: StageName; ms: number } | null {
  const stage = state.status === 'running' ? runningStage(state) : undefined
  return stage && stage.eta_ms !== null ? { stage: stage.name, ms: stage.eta_ms } : null
}
