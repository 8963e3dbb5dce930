// One package from the npm registry, fetched with npm itself (its proxies, mirrors and certificates apply) and
// checked against a hash that is pinned here.

import { execFile, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { npmCommand } from './node-modules.mjs'
import { CACHE } from './paths.mjs'
import { SetupError } from './report.mjs'

// `integrity` in the registry's own form: "sha512-<base64>".
export async function hasIntegrity(file, integrity) {
  const hash = createHash('sha512')
  for await (const chunk of createReadStream(file)) hash.update(chunk)
  return `sha512-${hash.digest('base64')}` === integrity
}

// Returns the path of the checked tarball. Killed half-way it leaves a folder that the next start removes; a tarball
// that is already there and has the pinned hash is used as it is.
export async function fetchNpmPackage({ name, version, integrity }) {
  const downloads = path.join(CACHE, 'downloads')
  const tarball = path.join(downloads, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`)
  if (existsSync(tarball) && (await hasIntegrity(tarball, integrity))) return tarball

  mkdirSync(downloads, { recursive: true })
  const temporary = mkdtempSync(path.join(downloads, 'partial-'))
  try {
    const [command, ...args] = npmCommand(['pack', `${name}@${version}`, '--silent', '--pack-destination', temporary])
    await promisify(execFile)(command, args, { cwd: temporary, maxBuffer: 1 << 24 }).catch((cause) => {
      throw new SetupError(
        `npm could not fetch ${name}@${version}: ${String(cause.stderr ?? cause.message).trim()}`,
        'Check the network and the registry that `npm config get registry` names, then start again.',
      )
    })
    const fetched = path.join(temporary, readdirSync(temporary).find((file) => file.endsWith('.tgz')) ?? '')
    if (!(await hasIntegrity(fetched, integrity)))
      throw new SetupError(
        `${name}@${version} is not the file that Thimble was tested with: its sha512 differs.`,
        'Nothing of it was used. Check which registry npm is set to; report this if it is the public one.',
      )
    renameSync(fetched, tarball)
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
  return tarball
}

export function removePartialDownloads() {
  const downloads = path.join(CACHE, 'downloads')
  if (!existsSync(downloads)) return
  for (const entry of readdirSync(downloads))
    if (entry.startsWith('partial-')) rmSync(path.join(downloads, entry), { recursive: true, force: true })
}

export function unpackTarball(tarball, directory) {
  run('tar', ['-xzf', tarball, '-C', directory, '--strip-components=1'])
}

export function run(command, args) {
  const { status, error, stderr } = spawnSync(command, args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  if (status !== 0)
    throw new SetupError(
      `${command} failed: ${(error?.message ?? stderr).trim()}`,
      'Check the free space of the drive and start again: nothing half-made is kept.',
    )
}
