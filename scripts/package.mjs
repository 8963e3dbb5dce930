// `npm run package` makes a folder that runs, `npm run make` a zip and a deb, both in out/ and named -dev.
// `npm run make -- --release` leaves -dev off and debugging out, and insists on Electron's official binary.

import path from 'node:path'
import { makeFallbackZip } from './fallback-zip.mjs'
import { runChild } from './runtime.mjs'
import { ROOT } from './setup/paths.mjs'
import { runMain, SetupError } from './setup/report.mjs'
import { setUp } from './setup.mjs'

await runMain(async () => {
  const [step, ...options] = process.argv.slice(2)
  const release = options.includes('--release')
  const runtime = await setUp(['app', 'package'])
  if (runtime.kind === 'fallback') {
    if (release)
      throw new SetupError(
        "A release is made with Electron's official binary only; this checkout has the fallback runtime.",
        'Delete .cache/electron-fallback and run npm run setup where github.com can be reached.',
      )
    makeFallbackZip()
  }
  return runChild(
    process.execPath,
    [path.join(ROOT, 'node_modules/@electron-forge/cli/dist/electron-forge.js'), step],
    {
      cwd: ROOT,
      env: { ...process.env, ...runtime.env, THIMBLE_RELEASE: release ? '1' : '' },
    },
  )
})
