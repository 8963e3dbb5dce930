import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { placeLabels, spread } from '../../src-renderer/charts/stream-rules.ts'
import { tickLabels } from '../../src-renderer/charts/ticks.ts'
import { SampleBuffer } from '../../src-renderer/lib/sample-buffer.ts'
import { histogram, percentile, rocCurve } from '../../src-renderer/lib/statistics.ts'
import { rocAuc } from '../../src-main/verify/metrics.ts'
import { liveFigures } from '../../src-renderer/screens/live/live-figures.ts'

describe('statistics', () => {
  it('takes percentiles by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, i) => i + 1)
    expect([0.5, 0.95, 0.99, 1].map((p) => percentile(values, p))).toEqual([50, 95, 99, 100])
    expect(percentile([7], 0.99)).toBe(7)
    expect(percentile([], 0.5)).toBeNaN()
  })

  it('finds the area under the curve that counting pairs finds, ties and all', () => {
    const pairs = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 1 })), {
      minLength: 2,
      maxLength: 60,
    })
    fc.assert(
      fc.property(pairs, (rows) => {
        const scores = rows.map(([score]) => score)
        const labels = rows.map(([, label]) => label)
        const positive = scores.filter((_, i) => labels[i] === 1)
        const negative = scores.filter((_, i) => labels[i] === 0)
        const { auc, points, normal, anomalous } = rocCurve(scores, labels)
        expect([normal, anomalous]).toEqual([negative.length, positive.length])
        if (positive.length === 0 || negative.length === 0) {
          expect(auc).toBeNull()
          return
        }
        let won = 0
        for (const p of positive) for (const n of negative) won += p > n ? 1 : p === n ? 0.5 : 0
        expect(auc).toBeCloseTo(won / (positive.length * negative.length), 12)
        expect(points.at(-1)).toEqual({ fpr: 1, tpr: 1 })
      }),
      { seed: 3, numRuns: 300 },
    )
  })

  it('leaves samples without score or label out', () => {
    expect(rocCurve([1, NaN, 3, 9], [0, 1, 1, 255])).toMatchObject({ auc: 1, normal: 1, anomalous: 1 })
  })

  it('puts every value in range into one bin', () => {
    const { counts, width } = histogram([0, 0.1, 0.49, 0.5, 1, 2, -1], 0, 1, 2)
    expect({ counts, width }).toEqual({ counts: [3, 2], width: 0.5 })
  })

  it('agrees with the AUC that a run stores', () => {
    const scores = Float32Array.from({ length: 500 }, (_, i) => Math.sin(i * 12.9898) * 3 + (i % 3 === 0 ? 1 : 0))
    const labels = Uint8Array.from({ length: 500 }, (_, i) => (i % 3 === 0 ? 1 : 0))
    expect(rocCurve(scores, labels).auc).toBeCloseTo(rocAuc(scores, labels), 12)
  })
})

describe('the sample buffer', () => {
  it('grows past its first size and keeps what is absent apart', () => {
    const buffer = new SampleBuffer()
    const samples = Array.from({ length: 3000 }, (_, index) => ({
      index,
      latency_us: index,
      cycles: index % 2 === 0 ? null : index,
      score: null,
      label: null,
    }))
    buffer.push(samples)
    expect(buffer.length).toBe(3000)
    expect(buffer.latency_us[2999]).toBe(2999)
    expect([buffer.cycles[2998], buffer.cycles[2999]]).toEqual([NaN, 2999])
    expect([buffer.score[0], buffer.label[0]]).toEqual([NaN, 255])
    const csv = buffer.toCsv().split('\n')
    expect(csv.slice(0, 3)).toEqual(['inference,latency_us,cycles,score,label', '1,0,,,', '2,1,1,,'])
    expect(csv).toHaveLength(3002)
    buffer.clear()
    expect(buffer.length).toBe(0)
  })

  it('gives latency figures of the last samples and a ROC of all', () => {
    const buffer = new SampleBuffer()
    buffer.push(
      Array.from({ length: 400 }, (_, index) => ({
        index,
        latency_us: index < 200 ? 900 : 1000,
        cycles: 156_000,
        score: index % 2,
        label: (index % 2) as 0 | 1,
      })),
    )
    const figures = liveFigures(buffer, 100)
    expect(figures).toMatchObject({ count: 100, p50_us: 1000, cycles: 156_000, scored: true })
    expect(figures.roc).toMatchObject({ auc: 1, normal: 200, anomalous: 200 })
    expect(figures.latencyBins.counts.reduce((sum, count) => sum + count)).toBe(100)
    expect(liveFigures(new SampleBuffer(), 100)).toMatchObject({ count: 0, scored: false })
  })
})

describe('charts', () => {
  it('label ticks so that neighbours differ', () => {
    expect(tickLabels([0.92, 0.925, 0.93])).toEqual(['0.920', '0.925', '0.930'])
    expect(tickLabels([0, 200, 400])).toEqual(['0', '200', '400'])
    expect(tickLabels([1, 1.5, 2])).toEqual(['1.0', '1.5', '2.0'])
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 5 }), fc.constantFrom(1, 2, 5), (exponent, mantissa) => {
        const labels = tickLabels(Array.from({ length: 6 }, (_, i) => i * mantissa * 10 ** exponent))
        expect(new Set(labels).size).toBe(6)
      }),
      { seed: 5 },
    )
  })

  it('keep labels apart and in order', () => {
    expect(placeLabels([10, 11, 50], 14)).toEqual([10, 24, 50])
    expect(placeLabels([30, 10], 14)).toEqual([30, 10])
  })

  it('keep rules in sight and give a constant stream a range', () => {
    const [low, high] = spread(5, 5, [])
    expect(low).toBeLessThan(5)
    expect(high).toBeGreaterThan(5)
    expect(spread(1, 2, [{ value: 9, label: '', dash: [] }])[1]).toBeGreaterThan(9)
    expect(spread(null, null, [])).toEqual([0, 1])
  })
})
