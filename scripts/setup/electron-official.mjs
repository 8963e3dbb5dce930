// Electron's official binary, fetched and checked by the electron package's own installer.

import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { CACHE, ROOT } from './paths.mjs'
import { SetupError, say } from './report.mjs'

const ATTEMPTS = 3

// What the failure of one attempt means. The first row that matches counts.
const FAILURES = [
  { kind: 'broken', pattern: /ChecksumMismatch|checksum|ENOSPC|EACCES|EROFS/i },
  { kind: 'unreachable', pattern: /ENOTFOUND|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|Response code (403|407|451)/ },
  { kind: 'transient', pattern: /ETIMEDOUT|ECONNRESET|EAI_AGAIN|UND_ERR_\w+|EPIPE|terminated|Response code 5\d\d/ },
]

export function classifyFailure(output) {
  return FAILURES.find((row) => row.pattern.test(output))?.kind ?? 'broken'
}

// What to do after attempt number `attempt` (from 1) failed: 'retry', 'unreachable' or 'stop'. A mere time-out proves
// nothing until it has happened every time.
export function afterFailure(kind, attempt) {
  if (kind === 'unreachable') return 'unreachable'
  if (kind === 'broken') return 'stop'
  return attempt < ATTEMPTS ? 'retry' : 'unreachable'
}

// Resolves to whether the binary is there now; false means that its host can't be reached from here.
export function fetchOfficialElectron() {
  say("Fetching Electron's official binary…")
  for (let attempt = 1; ; attempt++) {
    const { status, output } = runInstaller()
    if (status === 0) return true
    const next = afterFailure(classifyFailure(output), attempt)
    if (next === 'unreachable') return false
    if (next === 'stop')
      throw new SetupError(
        `Electron's installer failed:\n${output.trim()}`,
        'Free some space, or delete .cache/electron-download, then start again.',
      )
    say(`That timed out; trying again (${attempt + 1} of ${ATTEMPTS})…`)
  }
}

function runInstaller() {
  const { status, stderr, error } = spawnSync(
    process.execPath,
    [
      '--require',
      path.join(ROOT, 'scripts', 'setup', 'tell-fetch-failure.cjs'),
      path.join(ROOT, 'node_modules', 'electron', 'install.js'),
    ],
    {
      stdio: ['ignore', 2, 'pipe'],
      encoding: 'utf8',
      env: {
        ...process.env,
        electron_config_cache: path.join(CACHE, 'electron-download'),
        ...(process.env.HTTPS_PROXY || process.env.https_proxy ? { ELECTRON_GET_USE_PROXY: 'true' } : {}),
      },
    },
  )
  return { status, output: error?.message ?? stderr }
}
