import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { us } from '../../src-main/base/units.ts'
import { percentile, summarizeLatency } from '../../src-main/bench/latency.ts'

describe('latency percentiles', () => {
  test('are values that were measured, by nearest rank', () => {
    const hundred = Array.from({ length: 100 }, (_, n) => us(n + 1))
    expect(summarizeLatency(hundred.toReversed(), 'emulated')).toEqual({
      ...{ count: 100, p50: 50, p95: 95, p99: 99, min: 1, max: 100, mean: 50.5 },
      provenance: 'emulated',
    })
  })

  test('of one value are that value', () => {
    expect(summarizeLatency([us(7)], 'hardware')).toMatchObject({ p50: 7, p95: 7, p99: 7, mean: 7 })
  })

  test('of none are unknown', () => {
    expect(summarizeLatency([], 'hardware')).toBeNull()
  })

  test('leave at most the share above them, and one step lower would leave more', () => {
    const values = fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(values, fc.constantFrom(0.5, 0.9, 0.95, 0.99), (list, q) => {
        const sorted = list.toSorted((a, b) => a - b)
        const found = percentile(sorted, q)
        const share = (limit: number) => sorted.filter((value) => value <= limit).length / sorted.length
        expect(share(found)).toBeGreaterThanOrEqual(q)
        const lower = sorted.filter((value) => value < found).at(-1)
        if (lower !== undefined) expect(share(lower)).toBeLessThan(q)
      }),
      { seed: 11 },
    )
  })
})
