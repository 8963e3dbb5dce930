import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { aucInterval, rocAuc, rocCurve } from '../../src-main/verify/metrics.ts'

/** The definition: the share of pairs in which the positive scores higher; equal scores count half. */
function pairwiseAuc(scores: readonly number[], labels: readonly number[]): number {
  let wins = 0
  let pairs = 0
  scores.forEach((a, i) =>
    scores.forEach((b, j) => {
      if (labels[i] !== 1 || labels[j] === 1) return
      pairs++
      wins += a > b ? 1 : a === b ? 0.5 : 0
    }),
  )
  return wins / pairs
}

const samples = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 12 }), fc.constantFrom(0, 1)), { minLength: 2, maxLength: 60 })
  .filter((list) => new Set(list.map(([, label]) => label)).size === 2)

describe('rocAuc', () => {
  test('is the share of ordered pairs, ties counting half', () => {
    fc.assert(
      fc.property(samples, (list) => {
        const [scores, labels] = [list.map(([score]) => score), list.map(([, label]) => label)]
        expect(rocAuc(scores, labels)).toBeCloseTo(pairwiseAuc(scores, labels), 12)
      }),
      { seed: 7, numRuns: 500 },
    )
  })

  test('is the area under the curve', () => {
    fc.assert(
      fc.property(samples, (list) => {
        const [scores, labels] = [list.map(([score]) => score), list.map(([, label]) => label)]
        const curve = rocCurve(scores, labels)
        let area = 0
        for (let i = 1; i < curve.length; i++) {
          const [a, b] = [curve[i - 1]!, curve[i]!]
          area += ((b.falsePositiveRate - a.falsePositiveRate) * (a.truePositiveRate + b.truePositiveRate)) / 2
        }
        expect(area).toBeCloseTo(rocAuc(scores, labels), 12)
        expect(curve[0]).toMatchObject({ falsePositiveRate: 0, truePositiveRate: 0 })
        expect(curve.at(-1)).toMatchObject({ falsePositiveRate: 1, truePositiveRate: 1 })
      }),
      { seed: 8, numRuns: 300 },
    )
  })

  test.each([
    ['one class only', [1, 2], [1, 1]],
    ['a score that is not a number', [1, NaN], [0, 1]],
    ['fewer labels than scores', [1, 2, 3], [0, 1]],
  ])('refuses %s', (_, scores, labels) => {
    expect(() => rocAuc(scores, labels)).toThrow(expect.objectContaining({ code: 'DATA_INVALID' }))
  })
})

describe('aucInterval', () => {
  test('gives the standard error of the DeLong paper for a worked case', () => {
    // positives 3, 4, 5; negatives 1, 2, 4: over-negatives 2/3, 5/6, 1; below-positives 1, 1, 1/2
    const { auc, standardError } = aucInterval([3, 4, 5, 1, 2, 4], [1, 1, 1, 0, 0, 0])
    expect(auc).toBeCloseTo(5 / 6, 12)
    expect(standardError).toBeCloseTo(Math.sqrt(1 / 36 / 3 + 1 / 12 / 3), 12)
  })

  test('covers the true AUC about 95 times in 100', () => {
    // two normals one standard deviation apart: AUC = Phi(1 / sqrt 2)
    const truth = 0.7602499389065233
    let covered = 0
    for (let seed = 0; seed < 400; seed++) {
      const rng = createRng(seed)
      const labels = Array.from({ length: 120 }, (_, i) => i % 2)
      const { low, high, auc } = aucInterval(labels.map((label) => rng.normal() + label), labels) // prettier-ignore
      expect(auc).toBeGreaterThanOrEqual(low)
      if (low <= truth && truth <= high) covered++
    }
    expect(covered / 400).toBeGreaterThan(0.91)
    expect(covered / 400).toBeLessThan(0.99)
  })
})
