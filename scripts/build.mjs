// Bundles what runs as plain Node, outside the window: the command line and its two workers, into build/. The window's
// own bundles are made by forge's Vite plugin (forge.config.ts). `npm run build`, and thimble.mjs when a source is newer.

import { build } from 'esbuild'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { NATIVE_MODULES } from './native-modules.mjs'
import { isEntry, ROOT } from './setup/paths.mjs'

export const ENTRIES = {
  cli: 'src-main/cli/main.ts',
  'job-worker': 'src-main/jobs/worker.ts',
  'emulator-worker': 'src-main/emulator/worker.ts',
}

export const OUT = path.join(ROOT, 'build')

// A CommonJS package inside an ES module bundle still calls require for Node's own modules.
const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

export async function buildAll() {
  mkdirSync(OUT, { recursive: true })
  // Written elsewhere and renamed one by one: a command that starts meanwhile never reads half a bundle.
  const temporary = mkdtempSync(path.join(OUT, 'partial-'))
  try {
    await build({
      absWorkingDir: ROOT,
      entryPoints: ENTRIES,
      outdir: temporary,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: NATIVE_MODULES,
      banner: { js: BANNER },
      sourcemap: true,
      logLevel: 'warning',
    })
    for (const file of readdirSync(temporary)) renameSync(path.join(temporary, file), path.join(OUT, file))
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}

// True when a bundle is missing or a source (or what is installed) changed after it was written.
export function buildIsStale() {
  const bundles = Object.keys(ENTRIES).map((name) => path.join(OUT, `${name}.mjs`))
  if (!bundles.every((file) => existsSync(file))) return true
  const oldest = Math.min(...bundles.map((file) => statSync(file).mtimeMs))
  return newestChange(path.join(ROOT, 'src-main')) > oldest || statSync(import.meta.filename).mtimeMs > oldest
}

// A folder's own time changes when a file in it is removed or renamed.
export function newestChange(directory) {
  let newest = statSync(directory).mtimeMs
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const file = path.join(directory, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestChange(file) : statSync(file).mtimeMs)
  }
  return newest
}

if (isEntry(import.meta)) await buildAll()
