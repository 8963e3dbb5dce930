// The entry of the command line: `node build/cli.mjs COMMAND …`. The bundles of the workers lie beside it, the assets
// where THIMBLE_ASSETS says, else in the checkout's or the package's folder above.

import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCli } from './run-cli.ts'

const folder = dirname(fileURLToPath(import.meta.url))
const emulator = join(folder, 'emulator-worker.mjs')

const cancellation = new AbortController()
const onInterrupt = () => {
  if (cancellation.signal.aborted) process.exit(130) // the second Ctrl-C does not wait
  cancellation.abort()
}
process.on('SIGINT', onInterrupt)
process.on('SIGTERM', onInterrupt)

// Whoever read this may be gone (`thimble … | head`): the work goes on, there is only nobody to tell.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined)

process.exitCode = await runCli(process.argv.slice(2), {
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  interactive: process.stderr.isTTY === true && process.env['CI'] === undefined,
  columns: process.stderr.columns ?? 80,
  env: process.env,
  signal: cancellation.signal,
  assetsDir: process.env['THIMBLE_ASSETS'] ?? join(folder, '..', 'assets'),
  workers: existsSync(emulator) ? { emulator } : {},
})
