// `npm run test:deep -- NAME [COUNT]`: property tests too long for `npm test`. Each is a test/deep/NAME.deep.ts run by
// vitest; it does THIMBLE_DEEP_COUNT cases from THIMBLE_SEED on. Rounds of seeds follow each other until COUNT cases are
// done; what is done is kept in .cache/deep/, so a run that was stopped goes on where it was.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { runAsNode } from './runtime.mjs'
import { CACHE, isEntry, ROOT } from './setup/paths.mjs'
import { runMain, say, SetupError } from './setup/report.mjs'
import { setUp } from './setup.mjs'

const FOLDER = path.join(ROOT, 'test', 'deep')
const SUFFIX = '.deep.ts'
const DEFAULT_COUNT = 10_000
const ROUND = 500
// Where a case is so short that a round of 500 would be over before it began, and what else such a run needs.
const SPECIAL = { 'fuzz-blob': { round: 1_000_000, scopes: ['deep'] } }

export function deepNames(folder = FOLDER) {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .filter((file) => file.endsWith(SUFFIX))
    .map((file) => file.slice(0, -SUFFIX.length))
    .sort()
}

// The seeds and sizes of the rounds that are left after `done` cases. A round's seed is the number of its first case,
// so the same case always has the same seed.
export function roundsLeft(done, count, round = ROUND) {
  const rounds = []
  for (let seed = done; seed < count; seed += round) rounds.push({ seed, count: Math.min(round, count - seed) })
  return rounds
}

// What is done, and what the rounds have counted by name: `differences` are failures, the rest (instructions) is work.
/** @typedef {{ done: number, counts: Record<string, number> }} Progress */

/** @returns {Progress} */
export function readProgress(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { done: 0, counts: {} }
}

export function addCounts(counts, more) {
  const names = new Set([...Object.keys(counts), ...Object.keys(more)])
  return Object.fromEntries([...names].map((name) => [name, (counts[name] ?? 0) + (more[name] ?? 0)]))
}

// The line that a run ends with.
export function describeProgress({ done, counts }, seed) {
  const counted = Object.entries(counts).map(([name, count]) => `${count} ${name}`)
  return [`${done} cases, seeds ${seed} to ${seed + done - 1}`, ...counted].join(', ')
}

async function runDeep(name, count) {
  const { round: roundOf, scopes } = SPECIAL[name] ?? { round: ROUND, scopes: [] }
  const runtime = await setUp(['app', 'test', ...scopes])
  const progressFile = path.join(CACHE, 'deep', `${name}.json`)
  const reportFile = path.join(CACHE, 'deep', `${name}-round.json`)
  mkdirSync(path.dirname(progressFile), { recursive: true })
  let progress = readProgress(progressFile)
  if (progress.done > 0)
    say(`${progress.done} cases were done before; going on from there (delete ${progressFile} to start again).`)
  let stopped = false
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => (stopped = true))

  for (const round of roundsLeft(progress.done, count, roundOf)) {
    rmSync(reportFile, { force: true })
    const exitCode = await runAsNode(
      runtime,
      [
        path.join('node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--config',
        'vitest.deep.config.mts',
        `${name}${SUFFIX}`,
      ],
      {
        cwd: ROOT,
        env: {
          THIMBLE_DEEP_COUNT: String(round.count),
          THIMBLE_SEED: String(round.seed),
          THIMBLE_DEEP_REPORT: reportFile,
        },
      },
    )
    const counted = existsSync(reportFile) ? JSON.parse(readFileSync(reportFile, 'utf8')) : {}
    rmSync(reportFile, { force: true })
    if (stopped) {
      say(`Stopped. Run it again to go on after ${progress.done} of ${count} cases.`)
      return 130
    }
    if (exitCode !== 0) {
      const found = describeProgress({ done: round.count, counts: counted }, round.seed)
      say(`Failed in this round: ${found}.`)
      say(`Repeat it with THIMBLE_SEED=${round.seed} THIMBLE_DEEP_COUNT=${round.count}.`)
      return exitCode
    }
    progress = { done: round.seed + round.count, counts: addCounts(progress.counts, counted) }
    writeFileSync(progressFile, JSON.stringify(progress))
    say(`${progress.done} of ${count} cases`)
  }
  rmSync(progressFile, { force: true })
  say(`Done: ${describeProgress(progress, 0)}.`)
  return 0
}

if (isEntry(import.meta))
  await runMain(() => {
    const [name, count = String(DEFAULT_COUNT)] = process.argv.slice(2)
    const names = deepNames()
    if (!names.includes(name) || !(Number(count) > 0))
      throw new SetupError(
        name === undefined ? 'Which one?' : `There is no deep run ${name} ${count}.`,
        `npm run test:deep -- NAME [COUNT], where NAME is one of: ${names.join(', ') || '(none yet)'}`,
      )
    return runDeep(name, Number(count))
  })
