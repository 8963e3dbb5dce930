// Bundles the window for tests: what `electron-forge package` would put into the package, in .vite/, in a few seconds.
// `electron .` then runs it. (`npm start` makes its own, with a dev server.)

import { rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'vite'
import { isEntry, ROOT } from './setup/paths.mjs'

export const WINDOW_CONFIGS = ['vite.main.config.mts', 'vite.preload.config.mts', 'vite.renderer.config.mts']

export async function buildWindow() {
  process.chdir(ROOT)
  rmSync(path.join(ROOT, '.vite'), { recursive: true, force: true })
  for (const config of WINDOW_CONFIGS) await build({ configFile: path.join(ROOT, config), logLevel: 'warn' })
}

if (isEntry(import.meta)) await buildWindow()
