// node_modules, exactly as package-lock.json says. No package's install script runs (.npmrc): the native ones bring what
// they need in their tarballs, and the scripts would compile it again or fetch GPU libraries that Thimble does not use.

import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { ROOT } from './paths.mjs'
import { SetupError, say } from './report.mjs'

// npm keeps its own record of what it really installed, in the lockfile's form, and writes it last: an install that was
// killed has none. Optional packages for other systems are absent from it; anything else must agree.
export function installMatchesLock(lock, installed) {
  const wanted = Object.entries(lock.packages).filter(([where]) => where !== '')
  const same = wanted.every(([where, entry]) => {
    const found = installed.packages[where]
    if (found === undefined) return entry.optional === true
    return found.version === entry.version && found.integrity === entry.integrity
  })
  return same && Object.keys(installed.packages).every((where) => where in lock.packages)
}

export function nodeModulesAreCurrent(root = ROOT) {
  const record = path.join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(record)) return false
  return installMatchesLock(readJson(path.join(root, 'package-lock.json')), readJson(record))
}

export function installNodeModules() {
  if (nodeModulesAreCurrent()) return
  say('Installing the npm packages of package-lock.json…')
  const [command, ...args] = npmCommand(['ci', '--loglevel', 'error'])
  const { status, error } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0)
    throw new SetupError(
      `npm ci failed${error ? `: ${error.message}` : '; it said why above'}.`,
      'Check the network and the registry that `npm config get registry` names, then start again.',
    )
}

// The npm that runs this script where one does, else the one on PATH (npm.cmd on Windows needs its full name).
export function npmCommand(args) {
  const cli = process.env.npm_execpath
  if (cli?.endsWith('npm-cli.js')) return [process.execPath, cli, ...args]
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', ...args]
}

function readJson(file) {
  return JSON.parse(readFileSync(file, 'utf8'))
}
