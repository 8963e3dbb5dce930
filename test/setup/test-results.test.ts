import { describe, expect, test } from 'vitest'
import { addCounts, describeProgress, roundsLeft } from '../../scripts/test-deep.mjs'
import {
  add,
  closingLine,
  countCheck,
  countPlaywright,
  countVitest,
  NOTHING,
  unexcusedSkips,
} from '../../scripts/test-results.mjs'

const vitestReport = (...statuses: string[]) => ({
  testResults: [
    {
      name: '/repo/test/ir/a.test.ts',
      assertionResults: statuses.map((status, index) => ({ status, fullName: `case ${index}` })),
    },
  ],
})

describe('counting', () => {
  test('vitest', () => {
    const { counts, skipped } = countVitest(vitestReport('passed', 'failed', 'pending', 'todo', 'passed'), 1)
    expect(counts).toEqual({ passed: 2, failed: 1, skipped: 2 })
    expect(skipped.map(({ name }) => name)).toEqual(['case 2', 'case 3'])
  })

  test('a run that died, failed without a failed test, or ran nothing is a failure', () => {
    expect(countVitest(null, 139).counts).toEqual({ ...NOTHING, failed: 1 })
    expect(countVitest(vitestReport('passed'), 1).counts).toEqual({ passed: 1, failed: 1, skipped: 0 })
    expect(countVitest(vitestReport(), 0).counts).toEqual({ ...NOTHING, failed: 1 })
    expect(countPlaywright(null, 1).counts).toEqual({ ...NOTHING, failed: 1 })
  })

  test('Playwright, where a test that passed at the second try did not pass', () => {
    const report = {
      config: { rootDir: '/repo/test/e2e' },
      stats: { expected: 3, unexpected: 1, flaky: 1, skipped: 1 },
      suites: [
        {
          specs: [{ file: 'a.spec.ts', title: 'ran', tests: [{ status: 'expected' }] }],
          suites: [{ specs: [{ file: 'a.spec.ts', title: 'did not', tests: [{ status: 'skipped' }] }] }],
        },
      ],
    }
    const { counts, skipped } = countPlaywright(report, 1)
    expect(counts).toEqual({ passed: 3, failed: 2, skipped: 1 })
    expect(skipped).toEqual([{ file: '/repo/test/e2e/a.spec.ts', name: 'did not' }])
  })

  test('a check is one test, and all is summed in one line', () => {
    const total = [countCheck(0), countCheck(2), { passed: 5, failed: 0, skipped: 1 }].reduce(add, NOTHING)
    expect(closingLine(total)).toBe('6 passed, 1 failed, 1 skipped')
  })
})

describe('which skips are honest', () => {
  const hardware = { file: '/repo/test/hardware/f407.test.ts', name: 'h' }
  const model = { file: '/repo/test/ir/models.test.ts', name: 'm' }
  const other = { file: '/repo/test/store/store.test.ts', name: 'o' }
  const unexcused = (situation: { hardware: boolean; modelsAreHere: boolean }) =>
    unexcusedSkips([hardware, model, other], {
      ...situation,
      read: (file: string) => (file === model.file ? "import { hasMlperfTiny } from './support'" : ''),
    }).map(({ name }) => name)

  test('real boards without HW=1, and public models that are not here', () => {
    expect(unexcused({ hardware: false, modelsAreHere: false })).toEqual(['o'])
    expect(unexcused({ hardware: false, modelsAreHere: true })).toEqual(['m', 'o'])
    expect(unexcused({ hardware: true, modelsAreHere: false })).toEqual(['h', 'o'])
  })
})

test('a deep run goes on where it stopped, with the same seeds', () => {
  expect(roundsLeft(0, 1200, 500)).toEqual([
    { seed: 0, count: 500 },
    { seed: 500, count: 500 },
    { seed: 1000, count: 200 },
  ])
  expect(roundsLeft(500, 1200, 500)).toEqual(roundsLeft(0, 1200, 500).slice(1))
  expect(roundsLeft(1200, 1200, 500)).toEqual([])
})

test('a deep run ends with what it has done, its seeds and what it found', () => {
  const counts = addCounts({ instructions: 5 }, { instructions: 7, differences: 0 })
  expect(counts).toEqual({ instructions: 12, differences: 0 })
  expect(describeProgress({ done: 1000, counts }, 500)).toBe(
    '1000 cases, seeds 500 to 1499, 12 instructions, 0 differences',
  )
})
