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

async function runDeep(name, count) {
  const runtime = await setUp(['app', 'test'])
  const progress = path.join(CACHE, 'deep', `${name}.txt`)
  mkdirSync(path.dirname(progress), { recursive: true })
  const done = existsSync(progress) ? Number(readFileSync(progress, 'utf8')) : 0
  if (done > 0) say(`${done} cases were done before; going on from there (delete ${progress} to start again).`)

  for (const round of roundsLeft(done, count)) {
    const exitCode = await runAsNode(
      runtime,
      [
        path.join('node_modules', 'vitest', 'vitest.mjs'),
        'run',
        '--config',
        'vitest.deep.config.mts',
        `${name}${SUFFIX}`,
      ],
      { cwd: ROOT, env: { THIMBLE_DEEP_COUNT: String(round.count), THIMBLE_SEED: String(round.seed) } },
    )
    if (exitCode !== 0) {
      say(`Failed. Repeat this round with THIMBLE_SEED=${round.seed} THIMBLE_DEEP_COUNT=${round.count}.`)
      return exitCode
    }
    writeFileSync(progress, String(round.seed + round.count))
    say(`${round.seed + round.count} of ${count} cases`)
  }
  rmSync(progress, { force: true })
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
