// The fallback runtime in the form that Electron's packager takes: a folder with a zip of the name that the official
// download would have.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { FALLBACK_ELECTRON_VERSION } from './setup/electron-fallback.mjs'
import { FALLBACK } from './setup/paths.mjs'

export function fallbackZipFolder() {
  return path.join(FALLBACK, 'zip')
}

// Inside the fallback's own folder, so that a new build of it takes its old zip away.
export function makeFallbackZip() {
  const zip = path.join(fallbackZipFolder(), `electron-v${FALLBACK_ELECTRON_VERSION}-linux-x64.zip`)
  if (existsSync(zip)) return
  mkdirSync(fallbackZipFolder(), { recursive: true })
  const temporary = `${zip}.partial`
  rmSync(temporary, { force: true })
  const { status } = spawnSync('zip', ['-q', '-1', '-r', '-y', temporary, '.'], {
    cwd: path.join(FALLBACK, 'dist'),
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) throw new Error('zip failed; it said why above')
  renameSync(temporary, zip)
}
