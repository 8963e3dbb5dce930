import { formatDateTime, formatLatency, NOTHING } from '../contract/format.ts'
import type { RunDetail } from '../contract/run.ts'
import { formatMetric, metricLabel } from './metric-text.ts'
import { formatPairs, formatTable } from './table.ts'
import { boardWords, provenanceWord, timingWords } from './words.ts'

/** A whole run for people. */
export function runText(run: RunDetail): string {
  const head = formatPairs([
    ['run', String(run.id)],
    ['status', run.error === null ? run.status : `${run.status}: ${run.error.code} ${run.error.message}`],
    ['model', run.quick ? `${run.model} (quick: fewer recordings and epochs)` : run.model],
    ['board', `${run.board}, ${boardWords(run)}`],
    ['timing', timingWords(run.timing, run.provenance_detail.clock_hz)],
    ['started', formatDateTime(run.started_at)],
  ])
  const stages = formatTable(
    ['stage', 'status', 'took'],
    run.stages.map((stage) => [stage.name, stage.status, stage.ms === null ? NOTHING : formatLatency(stage.ms * 1000)]),
  )
  const figures = formatTable(
    ['figure', 'value', 'from'],
    run.metrics.map(({ name, unit, value, provenance }) => [
      metricLabel(name),
      formatMetric(name, unit, value),
      provenanceWord(provenance),
    ]),
  )
  return [head, stages, figures].join('\n\n')
}
