// What the Live screen shows of the samples in its window. Recomputed a few times a second, not at every arrival.

import type { SampleBuffer } from '../../lib/sample-buffer.ts'
import { histogram, percentile, rocCurve, type Bins, type RocCurve } from '../../lib/statistics.ts'

export interface LiveFigures {
  count: number
  p50_us: number
  p95_us: number
  p99_us: number
  /** median; NaN where the board does not count cycles */
  cycles: number
  latencyBins: Bins
  roc: RocCurve
  scored: boolean
  normalBins: Bins
  anomalousBins: Bins
}

const LATENCY_BINS = 24
const SCORE_BINS = 28

/** Latency figures over the last `shown` samples; scores over all of them, for a ROC needs every label. */
export function liveFigures(samples: SampleBuffer, shown: number): LiveFigures {
  const from = Math.max(0, samples.length - shown)
  const latencies = samples.latency_us.slice(from, samples.length).sort()
  const cycles = samples.cycles.slice(from, samples.length).sort()
  const scores = samples.score.subarray(0, samples.length)
  const labels = samples.label.subarray(0, samples.length)
  const ofLabel = (wanted: number) => scores.filter((score, index) => labels[index] === wanted && !Number.isNaN(score))
  const normal = ofLabel(0)
  const anomalous = ofLabel(1)
  const all = [...normal, ...anomalous].sort((a, b) => a - b)
  const low = all[0] ?? 0
  // a few extreme scores would press all others into one bar
  const high = Math.max(percentile(all, 0.99) || 0, low + 1e-9)
  const first = latencies[0] ?? 0
  const last = latencies.at(-1) ?? 1
  // a board that always takes the same time still gets a bar of some width
  const margin = Math.max((last - first) * 0.05, last * 0.005)
  return {
    count: latencies.length,
    p50_us: percentile(latencies, 0.5),
    p95_us: percentile(latencies, 0.95),
    p99_us: percentile(latencies, 0.99),
    cycles: percentile(cycles, 0.5),
    latencyBins: histogram(latencies, first - margin, last + margin, LATENCY_BINS),
    roc: rocCurve(scores, labels),
    scored: all.length > 0,
    normalBins: histogram(normal, low, high, SCORE_BINS),
    anomalousBins: histogram(anomalous, low, high, SCORE_BINS),
  }
}
