// `thimble board serve` as a process of its own.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { ServedBoard } from '../../src-main/jobs/serve-board.ts'
import { bundleForChild } from '../store/child-bundle.ts'

/** Bundles the command line; what comes back starts servers, each ready when it is handed out. */
export async function bundleServer() {
  const cli = await bundleForChild('src-main/cli/main.ts', 'cli-serve')
  return async (...argv: string[]) => {
    const child = spawn(process.execPath, [cli, 'board', 'serve', ...argv])
    let stdout = ''
    const line = new Promise<string>((resolve) =>
      child.stdout.on('data', (text: Buffer) => {
        stdout += text.toString()
        if (stdout.includes('\n')) resolve(stdout)
      }),
    )
    const ended = once(child, 'close').then(([code]) => ({ code: code as number, stdout }))
    return { child, ended, at: JSON.parse(await line) as ServedBoard }
  }
}
