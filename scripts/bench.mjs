// `npm run bench:NAME`: bundles what measures and runs it under the Electron that runs Thimble. Further arguments (--json,
// files) are passed on behind the name.

import { build } from 'esbuild'
import path from 'node:path'
import { runAsNode } from './runtime.mjs'
import { ROOT } from './setup/paths.mjs'
import { runMain } from './setup/report.mjs'
import { setUp } from './setup.mjs'

const ENTRIES = {
  emulator: 'test/emulator/bench.ts',
  flash: 'test/device/board-bench.ts',
  link: 'test/device/board-bench.ts',
  chip: 'test/device/chip-bench.ts',
}

await runMain(async () => {
  const [name, ...rest] = process.argv.slice(2)
  const runtime = await setUp(['app', 'test'])
  const bundle = path.join(ROOT, 'build', `bench-${name}.mjs`)
  await build({
    absWorkingDir: ROOT,
    entryPoints: [ENTRIES[name]],
    outfile: bundle,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Where the models are found is said relative to the sources.
    define: { 'import.meta.url': JSON.stringify(`file://${path.join(ROOT, 'test', 'support', 'bundle.mjs')}`) },
    logLevel: 'warning',
  })
  return runAsNode(runtime, [bundle, name, ...rest], { cwd: ROOT })
})
