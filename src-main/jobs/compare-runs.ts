import type { RunDetail } from '../contract/run.ts'
import type { Store } from '../store/store.ts'

export interface Comparison {
  runs: {
    id: number
    model: string
    board: string
    provenance: RunDetail['provenance']
    timing: RunDetail['timing']
    status: RunDetail['status']
  }[]
  /** one value a run, null where it has none; differences are to the first run */
  metrics: { name: string; unit: string; values: (number | null)[]; differences: (number | null)[] }[]
}

/** The figures of several runs side by side; the first is the baseline. Throws RUN_UNKNOWN. */
export function compareRuns(store: Store, ids: readonly number[]): Comparison {
  const runs = ids.map((id) => store.runs.show(id))
  const units = new Map(runs.flatMap((run) => run.metrics.map(({ name, unit }) => [name, unit] as const)))
  return {
    runs: runs.map(({ id, model, board, provenance, timing, status }) => ({
      id,
      model,
      board,
      provenance,
      timing,
      status,
    })),
    metrics: [...units].map(([name, unit]) => {
      const values = runs.map((run) => run.metrics.find((metric) => metric.name === name)?.value ?? null)
      const baseline = values[0] ?? null
      const differences = values.map((value) => (value === null || baseline === null ? null : value - baseline))
      return { name, unit, values, differences }
    }),
  }
}
