// Children of a test run bundled JavaScript: the oldest supported runtime can't read TypeScript by itself.

import { build } from 'esbuild'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))

/** Bundles a TypeScript file for `node FILE` and returns the path of the bundle. */
export async function bundleForChild(entry: string, name: string): Promise<string> {
  const outfile = join(ROOT, 'build', 'test', `${name}.mjs`)
  await build({
    entryPoints: [join(ROOT, entry)],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
    logLevel: 'silent',
  })
  return outfile
}
