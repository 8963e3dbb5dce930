// How well scores separate two classes. Labels: 1 = positive (anomaly), 0 = negative. Higher scores mean positive.

import { AppError } from '../base/errors.ts'

/** Area under the ROC curve; equal scores count half (Mann-Whitney). Throws DATA_INVALID without both classes. */
export function rocAuc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const { positives, negatives } = split(scores, labels)
  const ranks = midranks([...positives, ...negatives])
  let sum = 0
  for (let i = 0; i < positives.length; i++) sum += ranks[i]!
  const m = positives.length
  return (sum - (m * (m + 1)) / 2) / (m * negatives.length)
}

export interface RocPoint {
  /** scores at or above this are called positive; Infinity at the first point */
  threshold: number
  falsePositiveRate: number
  truePositiveRate: number
}

/** The curve from (0, 0) to (1, 1), one point for each distinct score. */
export function rocCurve(scores: ArrayLike<number>, labels: ArrayLike<number>): RocPoint[] {
  const { positives, negatives } = split(scores, labels)
  const order = Array.from({ length: scores.length }, (_, i) => i).sort((a, b) => scores[b]! - scores[a]!)
  const points: RocPoint[] = [{ threshold: Infinity, falsePositiveRate: 0, truePositiveRate: 0 }]
  let truePositives = 0
  let falsePositives = 0
  order.forEach((index, i) => {
    if (labels[index] === 1) truePositives++
    else falsePositives++
    const next = order[i + 1]
    if (next !== undefined && scores[next] === scores[index]) return
    points.push({
      threshold: scores[index]!,
      falsePositiveRate: falsePositives / negatives.length,
      truePositiveRate: truePositives / positives.length,
    })
  })
  return points
}

export interface AucInterval {
  auc: number
  standardError: number
  /** 95 %, clipped to [0, 1] */
  low: number
  high: number
}

const Z_95 = 1.959963984540054

/**
 * AUC with its standard error by DeLong, DeLong and Clarke-Pearson (1988), through midranks (Sun and Xu, 2014).
 * It takes the samples as independent; windows of one recording are not, so give one score a recording where it matters.
 */
export function aucInterval(scores: ArrayLike<number>, labels: ArrayLike<number>): AucInterval {
  const { positives, negatives } = split(scores, labels)
  const [m, n] = [positives.length, negatives.length]
  const all = midranks([...positives, ...negatives])
  const own = { positives: midranks(positives), negatives: midranks(negatives) }
  const overNegatives = positives.map((_, i) => (all[i]! - own.positives[i]!) / n)
  const belowPositives = negatives.map((_, j) => 1 - (all[m + j]! - own.negatives[j]!) / m)
  const auc = mean(overNegatives)
  const standardError = Math.sqrt(variance(overNegatives) / m + variance(belowPositives) / n)
  return {
    auc,
    standardError,
    low: Math.max(0, auc - Z_95 * standardError),
    high: Math.min(1, auc + Z_95 * standardError),
  }
}

function split(scores: ArrayLike<number>, labels: ArrayLike<number>) {
  if (scores.length !== labels.length)
    throw new AppError('DATA_INVALID', `${scores.length} scores came with ${labels.length} labels.`)
  const positives: number[] = []
  const negatives: number[] = []
  for (let i = 0; i < scores.length; i++) {
    if (Number.isNaN(scores[i])) throw new AppError('DATA_INVALID', `Score ${i} is not a number.`)
    ;(labels[i] === 1 ? positives : negatives).push(scores[i]!)
  }
  if (positives.length === 0 || negatives.length === 0)
    throw new AppError('DATA_INVALID', 'An AUC needs samples of both classes.')
  return { positives, negatives }
}

/** Ranks from 1; equal values share the mean of their ranks. */
function midranks(values: readonly number[]): Float64Array {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Float64Array(values.length)
  for (let from = 0; from < order.length;) {
    let to = from + 1
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (let i = from; i < to; i++) ranks[order[i]!] = (from + to + 1) / 2
    from = to
  }
  return ranks
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Unbiased; 0 for a single value. */
function variance(values: readonly number[]): number {
  const centre = mean(values)
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / Math.max(1, values.length - 1)
}
