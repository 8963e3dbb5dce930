// Runs `thimble …` in this process and returns what it printed.

import { runCli } from '../../src-main/cli/run-cli.ts'
import { ASSETS } from '../jobs/job.ts'

export interface Printed {
  code: number
  stdout: string
  stderr: string
}

export async function thimble(argv: readonly string[], store: string, signal?: AbortSignal): Promise<Printed> {
  let [stdout, stderr] = ['', '']
  const code = await runCli([...argv, '--store', store], {
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    interactive: false,
    columns: 80,
    env: {},
    signal: signal ?? new AbortController().signal,
    assetsDir: ASSETS,
    workers: {},
  })
  return { code, stdout, stderr }
}

/** The one JSON object of a command that has to succeed. */
export async function thimbleJson(argv: readonly string[], store: string): Promise<unknown> {
  const { code, stdout } = await thimble([...argv, '--json'], store)
  if (code !== 0) throw new Error(`thimble ${argv.join(' ')}: ${stdout}`)
  return onlyLine(stdout)
}

export interface Refusal {
  ok: false
  error: { code: string; message: string; hint: string; context?: Record<string, unknown> }
}

/** The error of a command that has to fail with exit code 1. */
export async function thimbleError(argv: readonly string[], store: string): Promise<Refusal['error']> {
  const { code, stdout } = await thimble([...argv, '--json'], store)
  if (code !== 1) throw new Error(`thimble ${argv.join(' ')} ended with ${code}: ${stdout}`)
  return (onlyLine(stdout) as Refusal).error
}

function onlyLine(stdout: string): unknown {
  if (stdout.trimEnd().includes('\n') || !stdout.endsWith('\n')) throw new Error(`not one line: ${stdout}`)
  return JSON.parse(stdout) as unknown
}
