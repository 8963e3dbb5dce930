// A run while it goes on: keeps the store and whoever listens in step, and knows what stands where.

import type { Clock } from '../base/clock.ts'
import { AppError, throwIfCancelled, toAppError } from '../base/errors.ts'
import type { LogLevel } from '../base/log.ts'
import type { ProvenanceDetail } from '../base/provenance.ts'
import type { Rng } from '../base/rng.ts'
import { METRICS } from '../contract/metrics.ts'
import type { JobEvent, JobQuestion, RunDetail, RunRequest, StageName, StageRecord } from '../contract/run.ts'
import type { Store } from '../store/store.ts'
import { createEta } from './eta.ts'
import type { JobContext } from './job-context.ts'

export interface RunStart {
  request: RunRequest
  /** what the list of runs calls the model */
  model: string
  stages: readonly StageName[]
  provenance: ProvenanceDetail
  parameters: Record<string, unknown>
}

export interface RecorderDeps {
  store: Store
  emit: (event: JobEvent) => void
  signal: AbortSignal
  clock: Clock
  rng: Rng
}

/** Progress is told at most this often. */
const PROGRESS_MS = 100

export type RunRecorder = ReturnType<typeof startRun>

export function startRun(start: RunStart, deps: RecorderDeps) {
  const { store, emit, clock } = deps
  const startMs = clock.monotonicMs()
  const records: StageRecord[] = start.stages.map((name) => ({ name, status: 'pending', ms: null, facts: [] }))
  const id = store.runs.create({
    task: start.request.task ?? null,
    model: start.model,
    recipe: start.request.recipe,
    quick: start.request.quick,
    parameters: start.parameters,
    provenance: start.provenance,
    stages: records,
  })
  let current: StageRecord | undefined
  /** how long the user was waited for in the stage that runs */
  let askedMs = 0

  const save = (record: StageRecord) => store.runs.setStage(id, records.indexOf(record), record)

  const contextOf = (record: StageRecord): JobContext => {
    const eta = createEta(clock)
    let lastProgressMs = -Infinity
    return {
      signal: deps.signal,
      clock,
      rng: deps.rng,
      log: (level: LogLevel, message) => emit({ type: 'log', level, message }),
      progress(done, total, note) {
        const now = clock.monotonicMs()
        if (now - lastProgressMs < PROGRESS_MS && done !== total) return
        lastProgressMs = now
        emit({ type: 'stage-progress', stage: record.name, done, total, eta_ms: eta(done, total), note })
      },
      fact(key, value) {
        record.facts = [...record.facts.filter((fact) => fact.key !== key), { key, value }]
      },
      metric(name, value, provenance, step = 0) {
        const unit = METRICS[name]
        store.runs.addMetrics(id, [{ name, unit, step, elapsedMs: clock.monotonicMs() - startMs, value, provenance }])
        emit({ type: 'metric', name, unit, value, provenance })
      },
      curve(series, step, value) {
        const elapsedMs = clock.monotonicMs() - startMs
        store.runs.addMetrics(id, [{ name: series, unit: '', step, elapsedMs, value, provenance: 'host' }])
        emit({ type: 'curve', series, step, value })
      },
      samples(samples) {
        store.samples.add(id, samples)
        emit({ type: 'samples', samples: [...samples] })
      },
      artifact: (name, data) => void store.artifacts.put(id, name, data),
    }
  }

  emit({ type: 'started', runId: id, request: start.request, stages: [...start.stages] })

  return {
    id,

    /** what the board really runs at */
    setClock: (clockHz: number) => store.runs.setProvenance(id, { ...start.provenance, clock_hz: clockHz }),

    /** Runs one stage: `(input, ctx) -> output`. Its record is kept whether it works or not. */
    async stage<Input, Output>(
      name: StageName,
      work: (input: Input, ctx: JobContext) => Promise<Output> | Output,
      input: Input,
    ): Promise<Output> {
      const record = records.find((candidate) => candidate.name === name)!
      throwIfCancelled(deps.signal)
      const began = clock.monotonicMs()
      askedMs = 0
      record.status = 'running'
      current = record
      save(record)
      emit({ type: 'stage-started', stage: name })
      try {
        const output = await work(input, contextOf(record))
        throwIfCancelled(deps.signal)
        record.status = 'done'
        return output
      } catch (thrown) {
        record.status = toAppError(thrown).code === 'CANCELLED' ? 'cancelled' : 'failed'
        throw thrown
      } finally {
        record.ms = clock.monotonicMs() - began - askedMs
        if (record.status === 'done') {
          save(record)
          current = undefined
        }
        emit({ type: 'stage-done', record: { ...record } })
      }
    },

    /** Waits in a stage for `agreement`; the time counts to no stage. Throws CANCELLED. */
    async ask(question: JobQuestion, agreement: () => Promise<void>): Promise<void> {
      throwIfCancelled(deps.signal)
      const stage = current!.name
      const began = clock.monotonicMs()
      let stop = () => undefined as void
      const cancelled = new Promise<never>((_, reject) => {
        stop = () => reject(new AppError('CANCELLED', 'Cancelled. Nothing was erased.'))
        deps.signal.addEventListener('abort', stop)
      })
      const agreed = agreement() // from now on it is heard: the question may be answered at once
      emit({ type: 'question', stage, question })
      try {
        await Promise.race([agreed, cancelled])
      } finally {
        deps.signal.removeEventListener('abort', stop)
        askedMs += clock.monotonicMs() - began
      }
      emit({ type: 'agreed', stage })
    },

    finish(): RunDetail {
      store.runs.end(id, 'done', null)
      const run = store.runs.show(id)
      emit({ type: 'finished', run })
      return run
    },

    /** Returns what went wrong, having stored and said it. */
    fail(thrown: unknown): AppError {
      const error = toAppError(thrown)
      const status = error.code === 'CANCELLED' ? 'cancelled' : 'failed'
      try {
        if (current) save(current)
        store.runs.end(id, status, error.toDto())
      } catch (second) {
        // A full disk: the run is marked as interrupted when the store is opened next.
        emit({ type: 'log', level: 'error', message: toAppError(second).message })
      }
      emit({ type: 'failed', stage: current?.name ?? null, error: error.toDto(), status })
      return error
    },
  }
}
