// The fallback runtime in the form that Electron's packager takes: a folder with a zip. Forge asks for it by the version
// in package.json, whatever the zip holds; the `version` file inside tells the truth.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { FALLBACK, ROOT } from './setup/paths.mjs'

export function fallbackZipFolder() {
  return path.join(FALLBACK, 'zip')
}

// Inside the fallback's own folder, so that a new build of it takes its old zip away.
export function makeFallbackZip() {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'node_modules', 'electron', 'package.json'), 'utf8'))
  const zip = path.join(fallbackZipFolder(), `electron-v${version}-linux-x64.zip`)
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
