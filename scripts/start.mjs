// `npm start [-- CHROMIUM-SWITCH…]`: sets up, then opens the window. Without a display it says so and does the main job headless.

import path from 'node:path'
import { runChild } from './runtime.mjs'
import { isEntry, ROOT } from './setup/paths.mjs'
import { runMain, say } from './setup/report.mjs'
import { setUp } from './setup.mjs'
import { thimble } from './thimble-command.mjs'

const HEADLESS_JOB = ['run', '--task', 'ad', '--board', 'virtual:stm32f407']

export function hasDisplay({ platform, env }) {
  return platform !== 'linux' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
}

// Chromium's sandbox can't start as root; everywhere else it stays on.
export function electronArguments({ uid }) {
  return uid === 0 ? ['--no-sandbox'] : []
}

async function start() {
  const runtime = await setUp(['app'])
  if (!hasDisplay(process)) {
    say('There is no display here (DISPLAY and WAYLAND_DISPLAY are empty): doing the same job without a window.')
    return thimble(HEADLESS_JOB)
  }
  const forge = path.join(ROOT, 'node_modules', '@electron-forge', 'cli', 'dist', 'electron-forge.js')
  const electron = [...electronArguments({ uid: process.getuid?.() }), ...process.argv.slice(2)]
  return runChild(process.execPath, [forge, 'start', '--', ...electron], {
    cwd: ROOT,
    env: { ...process.env, ...runtime.env },
  })
}

if (isEntry(import.meta)) await runMain(start)
