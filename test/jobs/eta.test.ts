import { expect, it } from 'vitest'
import { createEta } from '../../src-main/jobs/eta.ts'

function at(...steps: [ms: number, done: number, total: number][]) {
  let now = 1000
  const eta = createEta({ monotonicMs: () => now, now: () => new Date(0) })
  return steps.map(([ms, done, total]) => {
    now = 1000 + ms
    return eta(done, total)
  })
}

it('is silent for five seconds, then goes by the pace so far', () => {
  expect(
    at([0, 0, 100], [2000, 10, 100], [4999, 24, 100], [5000, 25, 100], [10_000, 50, 100], [20_000, 100, 100]),
  ).toEqual([null, null, null, 15_000, 10_000, 0])
})

it('says nothing where no total is known, or nothing is done', () => {
  expect(at([6000, 500, 0], [7000, 0, 10])).toEqual([null, null])
})

it('starts anew when something else is counted', () => {
  expect(at([0, 0, 10], [8000, 8, 10], [9000, 0, 1000], [13_000, 400, 1000], [14_000, 500, 1000])).toEqual([
    null,
    2000,
    null,
    null,
    5000,
  ])
})
