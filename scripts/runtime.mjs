// The one place that says which Electron runs Thimble in a checkout, and how a script is run under it as plain Node.

import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { FALLBACK_ELECTRON_VERSION, fallbackIsBuilt } from './setup/electron-fallback.mjs'
import { FALLBACK, ROOT, isEntry } from './setup/paths.mjs'

const ELECTRON = path.join(ROOT, 'node_modules', 'electron')

// The official binary when it is there in the version of package-lock.json, else the fallback, else null.
// `env` is what a process needs to find it: the electron package and forge read ELECTRON_OVERRIDE_DIST_PATH, store/ reads
// THIMBLE_SQLITE_MODULE.
/** @typedef {{ kind: 'official' | 'fallback', version: string, executable: string, env: Record<string, string> }} Runtime */
/** @returns {Runtime | null} */
export function findRuntime(electronDir = ELECTRON, fallbackDir = FALLBACK) {
  return officialRuntime(electronDir) ?? fallbackRuntime(fallbackDir)
}

/** @returns {Runtime | null} */
export function officialRuntime(electronDir = ELECTRON) {
  const pathFile = path.join(electronDir, 'path.txt')
  const versionFile = path.join(electronDir, 'dist', 'version')
  if (!existsSync(pathFile) || !existsSync(versionFile)) return null
  const executable = path.join(electronDir, 'dist', readFileSync(pathFile, 'utf8'))
  const version = readFileSync(versionFile, 'utf8').replace(/^v/, '')
  const wanted = JSON.parse(readFileSync(path.join(electronDir, 'package.json'), 'utf8')).version
  if (version !== wanted || !existsSync(executable)) return null
  return { kind: 'official', version, executable, env: {} }
}

/** @returns {Runtime | null} */
export function fallbackRuntime(fallbackDir = FALLBACK) {
  if (!fallbackIsBuilt(fallbackDir)) return null
  const dist = path.join(fallbackDir, 'dist')
  return {
    kind: 'fallback',
    version: FALLBACK_ELECTRON_VERSION,
    executable: path.join(dist, 'electron'),
    env: {
      ELECTRON_OVERRIDE_DIST_PATH: dist,
      THIMBLE_SQLITE_MODULE: path.join(fallbackDir, 'sqlite', 'node_modules', 'better-sqlite3'),
    },
  }
}

// Runs a JavaScript file under Electron as plain Node and resolves to its exit code.
export function runAsNode(runtime, args, options = {}) {
  return runChild(runtime.executable, args, {
    ...options,
    env: { ...process.env, ...options.env, ...runtime.env, ELECTRON_RUN_AS_NODE: '1' },
  })
}

// Signals sent to this process are passed on, so that the child ends properly and reports its own exit code. A
// terminal's Ctrl-C already reaches the child (same process group); sending it twice would mean "at once!".
/** @returns {Promise<number>} */
export function runChild(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: 'inherit', ...options })
    const forward = (signal) => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
    child.once('error', reject)
    child.once('close', (code, signal) => {
      for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(name, forward)
      resolve(code ?? 128 + (SIGNAL_NUMBERS[signal] ?? 0))
    })
  })
}

const SIGNAL_NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGABRT: 6, SIGKILL: 9, SIGSEGV: 11, SIGTERM: 15 }

// `node scripts/runtime.mjs FILE [ARGUMENT]…` for developers: vitest, a measuring script, a one-liner (-e).
if (isEntry(import.meta)) {
  const runtime = findRuntime()
  if (runtime === null) {
    process.stderr.write('There is no Electron yet. Run: npm run setup\n')
    process.exitCode = 1
  } else process.exitCode = await runAsNode(runtime, process.argv.slice(2))
}
