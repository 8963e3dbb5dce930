// `npm test`: sets up, then runs every check and every test, whatever fails, and closes with "N passed, N failed,
// N skipped". `npm test -- FILTER…` runs the unit tests whose path contains FILTER and nothing else.

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { runAsNode, runChild } from './runtime.mjs'
import { isCi } from './setup/consent.mjs'
import { currentNode } from './setup/node24.mjs'
import { ROOT } from './setup/paths.mjs'
import { runMain, say } from './setup/report.mjs'
import { EVERY_SCOPE, setUp } from './setup.mjs'
import { add, closingLine, countCheck, countPlaywright, countVitest, NOTHING, unexcusedSkips } from './test-results.mjs'

const RESULTS = path.join(ROOT, 'test-results')
const VITEST = path.join('node_modules', 'vitest', 'vitest.mjs')
const PLAYWRIGHT = path.join('node_modules', '@playwright', 'test', 'cli.js')

// Every step runs in the checkout and resolves to its counts and its skipped tests.
function allSteps(runtime) {
  return [
    ['Types', () => check('svelte-check/bin/svelte-check', SVELTE_CHECK)],
    ['Lint', () => check('eslint/bin/eslint.js', ['.', '--max-warnings', '0'])],
    ['Format', () => check('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.'])],
    ['Import directions', () => check('dependency-cruiser/bin/dependency-cruise.mjs', DEPENDENCY_CRUISER)],
    ['Unused code', () => check('knip/bin/knip.js', ['--no-progress'])],
    ['Bundles', () => script('build.mjs')],
    ['Unit tests', () => vitest(runtime, [])],
    ["The store's tests with what ships, under a current Node", () => storeUnderCurrentNode()],
    ['Firmware rebuilt, same bytes', () => script('build-firmware.mjs', ['--check'])],
    ['Bundles of the window', () => script('build-window.mjs')],
    ['The window', () => playwright(runtime)],
  ]
}

const SVELTE_CHECK = ['--tsconfig', './tsconfig.json', '--fail-on-warnings', '--output', 'human']
const DEPENDENCY_CRUISER = ['--config', '.dependency-cruiser.cjs', 'src-main', 'src-renderer']

function node(args, options = {}) {
  return runChild(process.execPath, args, { cwd: ROOT, ...options })
}

async function check(tool, args) {
  return { counts: countCheck(await node([path.join('node_modules', tool), ...args])), skipped: [] }
}

async function script(file, args = []) {
  return { counts: countCheck(await node([path.join('scripts', file), ...args])), skipped: [] }
}

async function vitest(runtime, filters) {
  const report = reportFile('unit.json')
  const exitCode = await runAsNode(runtime, [VITEST, ...vitestArguments(report, filters)], { cwd: ROOT })
  return countVitest(readReport(report), exitCode)
}

async function storeUnderCurrentNode() {
  const report = reportFile('store.json')
  const env = { ...process.env }
  delete env.THIMBLE_SQLITE_MODULE
  const executable = await currentNode()
  const exitCode = await runChild(executable, [VITEST, ...vitestArguments(report, ['test/store/'])], { cwd: ROOT, env })
  return countVitest(readReport(report), exitCode)
}

function vitestArguments(report, filters) {
  return ['run', ...filters, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
}

async function playwright(runtime) {
  const report = reportFile('window.json')
  const command = [process.execPath, PLAYWRIGHT, 'test', '--reporter=list,json']
  // On Linux always on a screen of their own: nobody's windows get in the way, and pictures have one size.
  const [first, ...rest] = process.platform === 'linux' ? ['xvfb-run', '-a', ...XVFB_SCREEN, ...command] : command
  const exitCode = await runChild(first, rest, {
    cwd: ROOT,
    env: {
      ...process.env,
      ...runtime.env,
      THIMBLE_ELECTRON: runtime.executable,
      PLAYWRIGHT_JSON_OUTPUT_FILE: report,
    },
  })
  return countPlaywright(readReport(report), exitCode)
}

const XVFB_SCREEN = ['--server-args=-screen 0 1600x1000x24']

function reportFile(name) {
  const file = path.join(RESULTS, 'reports', name)
  mkdirSync(path.dirname(file), { recursive: true })
  rmSync(file, { force: true })
  return file
}

function readReport(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : null
}

// In CI a test that quietly did not run is a failure. On a person's machine it is said, and counted as skipped.
function judgeSkips({ counts, skipped }) {
  const unexcused = unexcusedSkips(skipped, {
    hardware: process.env.HW === '1',
    modelsAreHere: existsSync(path.join(ROOT, '..', 'shared', 'data', 'mlperf-tiny')),
    read: (file) => readFileSync(path.resolve(ROOT, file), 'utf8'),
  })
  for (const { file, name } of unexcused) say(`Skipped: ${path.relative(ROOT, file)}: ${name}`)
  if (!isCi(process.env)) return counts
  return { ...counts, skipped: counts.skipped - unexcused.length, failed: counts.failed + unexcused.length }
}

async function runStep([title, run]) {
  say(`\n== ${title}`)
  const started = Date.now()
  let counts
  try {
    counts = judgeSkips(await run())
  } catch (error) {
    say(error.stack)
    counts = { ...NOTHING, failed: 1 }
  }
  const seconds = (Date.now() - started) / 1000
  say(`== ${title}: ${closingLine(counts)} (${seconds.toFixed(1)} s)`)
  return { title, counts, seconds }
}

await runMain(async () => {
  const filters = process.argv.slice(2)
  const runtime = await setUp(EVERY_SCOPE)
  const steps = filters.length > 0 ? [['Unit tests', () => vitest(runtime, filters)]] : allSteps(runtime)

  const done = []
  for (const step of steps) done.push(await runStep(step))

  say('')
  for (const { title, counts, seconds } of done)
    say(`${seconds.toFixed(1).padStart(7)} s  ${counts.failed > 0 ? 'FAILED' : 'ok    '}  ${title}`)
  const total = done.map(({ counts }) => counts).reduce(add, NOTHING)
  if (process.env.HW !== '1') say('No real board was tested, which is the one skip allowed: docs/hardware.md.')
  process.stdout.write(`${closingLine(total)}\n`)
  return total.failed > 0 ? 1 : 0
})
