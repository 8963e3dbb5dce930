import type { ErrorDto } from '../base/errors.ts'
import { AppError } from '../base/errors.ts'
import type { Clock } from '../base/clock.ts'
import type { ProvenanceDetail } from '../base/provenance.ts'
import type { MetricName } from '../contract/metrics.ts'
import type { RunDetail, RunStatus, RunSummary, StageRecord } from '../contract/run.ts'
import type { Artifacts } from './artifacts.ts'
import type { Database } from './sqlite-binding.ts'

export interface NewRun {
  task: string | null
  model: string
  recipe: string
  quick: boolean
  parameters: Record<string, unknown>
  /** as far as it is known before the board is open */
  provenance: ProvenanceDetail
  stages: readonly StageRecord[]
}

export interface MetricPoint {
  name: MetricName
  unit: string
  step: number
  elapsedMs: number
  value: number
  provenance: ProvenanceDetail['provenance']
}

/** The figures that every list of runs shows: columns of a summary, each the last value of a metric. */
const SUMMARY_METRICS = [
  'flash_bytes',
  'ram_bytes',
  'latency_p50_us',
  'latency_p99_us',
  'auc_float',
  'auc_int8',
  'auc_board',
] as const satisfies readonly MetricName[]

const lastValue = (name: string) =>
  `(SELECT value FROM metrics WHERE run_id = runs.id AND name = '${name}' ORDER BY id DESC LIMIT 1) AS ${name}`

const TIMING = `COALESCE((SELECT provenance FROM metrics WHERE run_id = runs.id AND name = 'latency_p50_us'
  ORDER BY id DESC LIMIT 1), provenance) AS timing`

const SUMMARY_COLUMNS = `id, started_at, ended_at, status, task, model, recipe, board, provenance, quick, error, ${TIMING},
  ${SUMMARY_METRICS.map(lastValue).join(',\n  ')}`

type SummaryRow = Omit<RunSummary, 'quick' | 'error'> & { quick: number; error: string | null }
type DetailRow = SummaryRow &
  Pick<ProvenanceDetail, 'clock_hz' | 'firmware_sha256' | 'seed' | 'thimble_version'> & { parameters: string }

export type Runs = ReturnType<typeof createRuns>

export function createRuns(database: Database, sessionId: string, artifacts: Artifacts, clock: Clock) {
  const addStage = database.prepare(
    `INSERT INTO stages (run_id, position, name, status, ms, facts) VALUES (@runId, @position, @name, @status, @ms, @facts)
     ON CONFLICT (run_id, name) DO UPDATE SET status = @status, ms = @ms, facts = @facts`,
  )
  const addMetric = database.prepare(
    `INSERT INTO metrics (run_id, name, unit, step, elapsed_ms, value, provenance)
     VALUES (@runId, @name, @unit, @step, @elapsedMs, @value, @provenance)`,
  )

  const writeStage = (runId: number, position: number, record: StageRecord) =>
    addStage.run({ runId, position, ...record, facts: JSON.stringify(record.facts) })

  return {
    /** A run that goes on now, owned by this process. */
    create(run: NewRun): number {
      return database.transaction(() => {
        const { lastInsertRowid } = database
          .prepare(
            `INSERT INTO runs (session_id, started_at, status, task, model, recipe, board, quick, parameters,
               provenance, clock_hz, firmware_sha256, seed, thimble_version)
             VALUES (@sessionId, @startedAt, 'running', @task, @model, @recipe, @board, @quick, @parameters,
               @provenance, @clock_hz, @firmware_sha256, @seed, @thimble_version)`,
          )
          .run({
            sessionId,
            startedAt: clock.now().toISOString(),
            task: run.task,
            model: run.model,
            recipe: run.recipe,
            quick: run.quick ? 1 : 0,
            parameters: JSON.stringify(run.parameters),
            ...run.provenance,
          })
        const id = Number(lastInsertRowid)
        run.stages.forEach((record, position) => writeStage(id, position, record))
        return id
      })()
    },

    setStage(runId: number, position: number, record: StageRecord): void {
      writeStage(runId, position, record)
    },

    /** What is known about the board once it is open. */
    setProvenance(runId: number, detail: ProvenanceDetail): void {
      database
        .prepare(
          `UPDATE runs SET board = @board, provenance = @provenance, clock_hz = @clock_hz,
             firmware_sha256 = @firmware_sha256, seed = @seed, thimble_version = @thimble_version WHERE id = @runId`,
        )
        .run({ runId, ...detail })
    },

    addMetrics(runId: number, points: readonly MetricPoint[]): void {
      database.transaction(() => {
        for (const point of points) addMetric.run({ runId, ...point })
      })()
    },

    end(runId: number, status: Exclude<RunStatus, 'running'>, error: ErrorDto | null): void {
      database
        .prepare('UPDATE runs SET status = ?, ended_at = ?, error = ? WHERE id = ?')
        .run(status, clock.now().toISOString(), error === null ? null : JSON.stringify(error), runId)
    },

    /** Newest first. */
    list({ limit, offset }: { limit: number; offset: number }): { total: number; runs: RunSummary[] } {
      const { total } = database.prepare<[], { total: number }>('SELECT count(*) AS total FROM runs').get()!
      const rows = database
        .prepare<[number, number], SummaryRow>(`SELECT ${SUMMARY_COLUMNS} FROM runs ORDER BY id DESC LIMIT ? OFFSET ?`)
        .all(limit, offset)
      return { total, runs: rows.map(toSummary) }
    },

    /** Throws RUN_UNKNOWN. */
    show(id: number): RunDetail {
      const row = database
        .prepare<[number], DetailRow>(
          `SELECT ${SUMMARY_COLUMNS}, parameters, clock_hz, firmware_sha256, seed, thimble_version FROM runs WHERE id = ?`,
        )
        .get(id)
      if (row === undefined) throw new AppError('RUN_UNKNOWN', `There is no run ${id}.`)
      const { parameters, clock_hz, firmware_sha256, seed, thimble_version, ...summary } = row
      return {
        ...toSummary(summary),
        parameters: JSON.parse(parameters) as Record<string, unknown>,
        provenance_detail: {
          provenance: row.provenance,
          board: row.board,
          clock_hz,
          firmware_sha256,
          seed,
          thimble_version,
        },
        stages: database
          .prepare<[number], Omit<StageRecord, 'facts'> & { facts: string }>(
            'SELECT name, status, ms, facts FROM stages WHERE run_id = ? ORDER BY position',
          )
          .all(id)
          .map((stage) => ({ ...stage, facts: JSON.parse(stage.facts) as StageRecord['facts'] })),
        artifacts: artifacts.ofRun(id),
        metrics: database
          .prepare<[number], RunDetail['metrics'][number]>(
            `SELECT name, unit, value, provenance FROM metrics
             WHERE id IN (SELECT max(id) FROM metrics WHERE run_id = ? GROUP BY name) ORDER BY id`,
          )
          .all(id),
      }
    },

    /** A metric over time. */
    series(id: number, name: MetricName): { step: number; elapsed_ms: number; value: number }[] {
      return database
        .prepare<[number, string], { step: number; elapsed_ms: number; value: number }>(
          'SELECT step, elapsed_ms, value FROM metrics WHERE run_id = ? AND name = ? ORDER BY id',
        )
        .all(id, name)
    },

    /** False when there is no such run, or when it still goes on. */
    remove(id: number): boolean {
      const { changes } = database.prepare(`DELETE FROM runs WHERE id = ? AND status <> 'running'`).run(id)
      if (changes > 0) artifacts.removeUnused()
      return changes > 0
    },
  }
}

const toSummary = (row: SummaryRow): RunSummary => ({
  ...row,
  quick: row.quick === 1,
  error: row.error === null ? null : (JSON.parse(row.error) as RunSummary['error']),
})
