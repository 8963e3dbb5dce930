// Reads what the test runners wrote and counts it. Pure but for reading the files, so that it can be tested itself.

import path from 'node:path'

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ file: string, name: string }} SkippedTest */
/** @typedef {{ counts: Counts, skipped: SkippedTest[] }} StepResult */

export const NOTHING = { passed: 0, failed: 0, skipped: 0 }

export function add(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

// A check is one test.
export function countCheck(exitCode) {
  return exitCode === 0 ? { ...NOTHING, passed: 1 } : { ...NOTHING, failed: 1 }
}

// The vitest JSON report -> counts and the skipped tests as {file, name}. A run that fails without a failed test (a file
// that does not load, an error outside of a test) or that ran nothing is one failure.
/** @returns {StepResult} */
export function countVitest(report, exitCode) {
  if (report === null) return { counts: { ...NOTHING, failed: 1 }, skipped: [] }
  const tests = report.testResults.flatMap((file) =>
    file.assertionResults.map(({ status, fullName }) => ({ file: file.name, name: fullName, status })),
  )
  const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed')
  const counts = {
    passed: tests.filter(({ status }) => status === 'passed').length,
    failed: tests.filter(({ status }) => status === 'failed').length,
    skipped: skipped.length,
  }
  return { counts: noSilentFailure(counts, exitCode), skipped }
}

// The Playwright JSON report -> the same.
/** @returns {StepResult} */
export function countPlaywright(report, exitCode) {
  if (report === null) return { counts: { ...NOTHING, failed: 1 }, skipped: [] }
  const { expected, unexpected, flaky, skipped } = report.stats
  const counts = { passed: expected, failed: unexpected + flaky, skipped }
  const skippedTests = skippedSpecs(report.suites).map(({ file, name }) => ({
    file: path.join(report.config.rootDir, file),
    name,
  }))
  return { counts: noSilentFailure(counts, exitCode), skipped: skippedTests }
}

function noSilentFailure(counts, exitCode) {
  const silent = counts.failed === 0 && (exitCode !== 0 || counts.passed === 0)
  return silent ? { ...counts, failed: 1 } : counts
}

function skippedSpecs(suites) {
  return suites.flatMap((suite) => [
    ...(suite.specs ?? [])
      .filter(({ tests }) => tests.every(({ status }) => status === 'skipped'))
      .map(({ file, title }) => ({ file, name: title })),
    ...skippedSpecs(suite.suites ?? []),
  ])
}

// Which skips are honest: tests of real hardware, and those of the public models where these are not at hand.
// `read` returns a test file's text.
/**
 * @param {SkippedTest[]} skipped
 * @param {{ hardware: boolean, modelsAreHere: boolean, read: (file: string) => string }} situation
 */
export function unexcusedSkips(skipped, { hardware, modelsAreHere, read }) {
  return skipped.filter(({ file }) => {
    if (!hardware && /[\\/]test[\\/]hardware[\\/]/.test(file)) return false
    return modelsAreHere || !/mlperf/i.test(read(file))
  })
}

export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}
