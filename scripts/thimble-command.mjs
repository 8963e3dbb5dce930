import path from 'node:path'
import { runAsNode } from './runtime.mjs'
import { setUp } from './setup.mjs'

// Sets up and builds only what is missing or old, both silent on stdout, then runs the command line under Electron as
// plain Node. Resolves to its exit code.
export async function thimble(args) {
  const runtime = await setUp(['app'])
  // Imported here: esbuild is there only after the set-up.
  const { buildAll, buildIsStale, OUT } = await import('./build.mjs')
  if (buildIsStale()) await buildAll()
  return runAsNode(runtime, [path.join(OUT, 'cli.mjs'), ...args], { cwd: callersFolder() })
}

// npm starts its scripts in the checkout, but a FILE is named from where the person is.
function callersFolder() {
  return process.env.npm_lifecycle_event === 'thimble' ? process.env.INIT_CWD : process.cwd()
}
