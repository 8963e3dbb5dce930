// gdb-multiarch, and what it says.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export const TIMEOUT_MS = 60_000

/** Runs commands after `target remote`; all that GDB printed. */
export async function runGdb(port: number, program: string, commands: readonly string[]): Promise<string> {
  const all = [
    ...['set confirm off', 'set pagination off', 'set remotetimeout 10', 'set architecture armv7e-m'],
    ...[`target remote 127.0.0.1:${port}`, ...commands, 'quit'],
  ]
  // One stream for both: what the program says is on the standard error, and its place in the order counts.
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', 'exec gdb-multiarch "$@" 2>&1', 'gdb', '-nx', '-batch', ...all.flatMap((text) => ['-ex', text]), program],
    { timeout: TIMEOUT_MS },
  )
  return stdout
}
