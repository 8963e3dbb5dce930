import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { formatAuc, formatBytes, formatDateTime, formatLatency, NOTHING } from '../../contract/format.ts'
import type { RunDetail, RunSummary } from '../../contract/run.ts'
import { compareRuns, type Comparison } from '../../jobs/compare-runs.ts'
import { exportRun, type ExportedRun } from '../../jobs/export-run.ts'
import { openWorkspace, type Workspace } from '../../jobs/workspace.ts'
import { defineCommand, wholeNumber } from '../command.ts'
import { formatMetric, metricLabel } from '../metric-text.ts'
import { runText } from '../run-text.ts'
import { formatPairs, formatTable } from '../table.ts'
import { boardWords } from '../words.ts'

interface RunsOptions {
  limit: number
  offset: number
  out?: string | undefined
}

interface Action<Value> {
  run(workspace: Workspace, ids: readonly number[], options: RunsOptions): Value
  print(value: Value): string
}

const action = <Value>(row: Action<Value>) => row as Action<unknown>

const ACTIONS: Record<string, Action<unknown>> = {
  list: action<{ total: number; runs: RunSummary[] }>({
    run: ({ store }, _, { limit, offset }) => store.runs.list({ limit, offset }),
    print: ({ runs }) => (runs.length === 0 ? 'No runs yet. thimble run makes one.' : runTable(runs)),
  }),
  show: action<RunDetail>({
    run: ({ store }, ids) => store.runs.show(one(ids, 'show')),
    print: runText,
  }),
  compare: action<Comparison>({
    run({ store }, ids) {
      if (ids.length < 2) throw new AppError('USAGE', 'thimble runs compare takes two ids or more.')
      return compareRuns(store, ids)
    },
    print: ({ runs, metrics }) =>
      formatTable(
        ['', ...runs.map((run) => `run ${run.id}`)],
        metrics.map(({ name, unit, values }) => [
          metricLabel(name),
          ...values.map((value) => (value === null ? NOTHING : formatMetric(name, unit, value))),
        ]),
      ),
  }),
  export: action<ExportedRun>({
    run({ store }, ids, { out }) {
      const id = one(ids, 'export')
      return exportRun(store, id, out ?? `run-${id}`)
    },
    print: ({ folder, files }) => [folder, ...files.map((file) => `  ${file}`)].join('\n'),
  }),
  delete: action<{ deleted: number[]; kept: number[] }>({
    run({ store }, ids) {
      if (ids.length === 0) throw new AppError('USAGE', 'thimble runs delete takes the ids of runs.')
      for (const id of ids) store.runs.show(id)
      const deleted = ids.filter((id) => store.runs.remove(id))
      return { deleted, kept: ids.filter((id) => !deleted.includes(id)) }
    },
    print: ({ deleted, kept }) =>
      formatPairs([
        ['deleted', deleted.join(', ') || NOTHING],
        ['kept, still running', kept.join(', ') || null],
      ]),
  }),
}

export const runs = defineCommand<RunsOptions, { action: string; value: unknown }>({
  name: 'runs',
  args: [`<${Object.keys(ACTIONS).join('|')}>`, '[ids…]'],
  summary: 'Past runs: list them, show or export one, compare or delete some',
  flags: [
    { name: 'limit', value: '<n>', text: 'list: at most so many, newest first (50)' },
    { name: 'offset', value: '<n>', text: 'list: leave out so many of the newest (0)' },
    { name: 'out', value: '<folder>', text: 'export: where to (run-<id>)' },
  ],
  options: z.object({
    limit: wholeNumber.default(50),
    offset: wholeNumber.default(0),
    out: z.string().optional(),
  }),
  async run([name, ...words], options, io) {
    const chosen = ACTIONS[name!]
    if (chosen === undefined) throw new AppError('USAGE', `thimble runs does not know ${name}.`)
    const ids = words.map((word) => {
      if (!/^\d+$/.test(word)) throw new AppError('USAGE', `${word} is not the id of a run.`)
      return Number(word)
    })
    const { storePath, terminal } = io
    const workspace = openWorkspace({
      storePath,
      kind: 'cli',
      assetsDir: terminal.assetsDir,
      workers: terminal.workers,
    })
    try {
      return { action: name!, value: chosen.run(workspace, ids, options) }
    } finally {
      workspace.close()
    }
  },
  json: ({ value }) => value,
  print: ({ action, value }) => ACTIONS[action]!.print(value),
})

function one(ids: readonly number[], action: string): number {
  if (ids.length !== 1) throw new AppError('USAGE', `thimble runs ${action} takes the id of one run.`)
  return ids[0]!
}

function runTable(rows: readonly RunSummary[]): string {
  const orNothing = <T>(value: T | null, format: (value: T) => string) => (value === null ? NOTHING : format(value))
  return formatTable(
    [
      'run',
      'started',
      'status',
      'model',
      'board',
      'numbers',
      'flash',
      'RAM',
      'p50',
      'p99',
      'AUC float',
      'int8',
      'board',
    ],
    rows.map((run) => [
      String(run.id),
      formatDateTime(run.started_at),
      run.status,
      run.quick ? `${run.model} (quick)` : run.model,
      run.board,
      boardWords(run),
      orNothing(run.flash_bytes, formatBytes),
      orNothing(run.ram_bytes, formatBytes),
      orNothing(run.latency_p50_us, formatLatency),
      orNothing(run.latency_p99_us, formatLatency),
      orNothing(run.auc_float, (value) => formatAuc(value, 3)),
      orNothing(run.auc_int8, (value) => formatAuc(value, 3)),
      orNothing(run.auc_board, (value) => formatAuc(value, 3)),
    ]),
  )
}
