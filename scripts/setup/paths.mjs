import { realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
export const CACHE = path.join(ROOT, '.cache')
export const FALLBACK = path.join(CACHE, 'electron-fallback')

// Whether a module is the script that node was started with, not one that another module imports.
export function isEntry(meta) {
  return process.argv[1] !== undefined && realpathSync(process.argv[1]) === meta.filename
}
