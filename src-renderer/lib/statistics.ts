// Figures over the samples that came so far. All of them take plain or typed arrays and leave them as they are.

/** Nearest-rank percentile (the value at rank ⌈p·n⌉) of values sorted upwards; NaN of none. */
export function percentile(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0) return NaN
  return sorted[Math.max(0, Math.ceil(p * sorted.length) - 1)]!
}

export interface RocCurve {
  /** from (0, 0) to (1, 1), one point for each threshold that changes something */
  points: { fpr: number; tpr: number }[]
  /** area under it: the chance that an anomalous score exceeds a normal one, ties counting half; null without both */
  auc: number | null
  normal: number
  anomalous: number
}

/** Receiver operating characteristic of `scores` (higher = more anomalous) against `labels` (1 = anomalous). */
export function rocCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): RocCurve {
  const order: number[] = []
  let anomalous = 0
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i]!) || labels[i]! > 1) continue
    order.push(i)
    anomalous += labels[i]!
  }
  const normal = order.length - anomalous
  if (normal === 0 || anomalous === 0) return { points: [], auc: null, normal, anomalous }

  order.sort((a, b) => scores[b]! - scores[a]!)
  const points = [{ fpr: 0, tpr: 0 }]
  let hits = 0
  let falseAlarms = 0
  let area = 0
  for (let i = 0; i < order.length;) {
    const threshold = scores[order[i]!]!
    const before = { hits, falseAlarms }
    while (i < order.length && scores[order[i]!]! === threshold) {
      if (labels[order[i]!]! === 1) hits++
      else falseAlarms++
      i++
    }
    area += ((falseAlarms - before.falseAlarms) * (hits + before.hits)) / 2
    points.push({ fpr: falseAlarms / normal, tpr: hits / anomalous })
  }
  return { points, auc: area / (normal * anomalous), normal, anomalous }
}

export interface Bins {
  /** lower edge of the first bin, and the width of each */
  start: number
  width: number
  counts: number[]
}

/** Counts values in `count` equal bins over [low, high]; the last bin includes `high`. */
export function histogram(values: ArrayLike<number>, low: number, high: number, count: number): Bins {
  const width = (high - low) / count || 1
  const counts = new Array<number>(count).fill(0)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!(value >= low && value <= high)) continue
    counts[Math.min(count - 1, Math.floor((value - low) / width))]!++
  }
  return { start: low, width, counts }
}
