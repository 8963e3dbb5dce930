// The one file that chooses the SQLite module. What ships is better-sqlite3 13 (Node-API 10). The development fallback
// runtime (Electron 33) can't load that one, so `THIMBLE_SQLITE_MODULE` may name the folder of another better-sqlite3.

import type BetterSqlite3 from 'better-sqlite3'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { AppError } from '../base/errors.ts'

export type Database = BetterSqlite3.Database
type DatabaseConstructor = new (path: string, options?: BetterSqlite3.Options) => Database

const SHIPPED_MAJOR = 13

let loaded: DatabaseConstructor | undefined

/** Throws STORE_RUNTIME where loading the module would end the process with a segmentation fault. */
function refuseOldRuntime(major: number): void {
  if (major < SHIPPED_MAJOR) return
  const node = Number.parseInt(process.versions.node, 10)
  const electron = process.versions.electron === undefined ? undefined : Number.parseInt(process.versions.electron, 10)
  if (node >= 22 && (electron === undefined || electron >= 36)) return
  const runtime = electron === undefined ? `Node ${process.versions.node}` : `Electron ${process.versions.electron}`
  throw new AppError('STORE_RUNTIME', `better-sqlite3 ${major} needs Node 22 or Electron 36; this is ${runtime}.`)
}

/** `entry` is the package's lib/index.js. */
function majorOf(entry: string): number {
  const manifest = join(dirname(entry), '..', 'package.json')
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
  return Number.parseInt(version, 10)
}

export function loadSqlite(): DatabaseConstructor {
  if (loaded !== undefined) return loaded
  const require = createRequire(import.meta.url)
  // a package made with the fallback runtime carries the older one under the usual name
  const entry = require.resolve(process.env['THIMBLE_SQLITE_MODULE'] || 'better-sqlite3')
  refuseOldRuntime(majorOf(entry))
  loaded = require(entry) as DatabaseConstructor
  return loaded
}
