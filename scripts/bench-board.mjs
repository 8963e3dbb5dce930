// `npm run bench:flash` and `npm run bench:link`: bundle test/device/board-bench.ts and run it under the Electron that runs
// Thimble. Further arguments (--json) are passed on.

import { build } from 'esbuild'
import path from 'node:path'
import { runAsNode } from './runtime.mjs'
import { ROOT } from './setup/paths.mjs'
import { runMain } from './setup/report.mjs'
import { setUp } from './setup.mjs'

await runMain(async () => {
  const runtime = await setUp(['app', 'test'])
  const bundle = path.join(ROOT, 'build', 'board-bench.mjs')
  await build({
    absWorkingDir: ROOT,
    entryPoints: ['test/device/board-bench.ts'],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Where the models are found is said relative to the sources.
    define: { 'import.meta.url': JSON.stringify(`file://${path.join(ROOT, 'test', 'support', 'bundle.mjs')}`) },
    logLevel: 'warning',
  })
  return runAsNode(runtime, [bundle, ...process.argv.slice(2)], { cwd: ROOT })
})
