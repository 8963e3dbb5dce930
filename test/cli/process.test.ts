// The command line as a process of its own: interrupted, killed, on a full disk.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { RunSummary } from '../../src-main/contract/run.ts'
import { ASSETS } from '../jobs/job.ts'
import { smallInt8Graph, writeModel } from '../jobs/small-model.ts'
import { bundleForChild } from '../store/child-bundle.ts'

let folder: string
let store: string
let file: string
let cli: string

beforeAll(async () => {
  cli = await bundleForChild('src-main/cli/main.ts', 'cli')
  folder = mkdtempSync(join(tmpdir(), 'thimble-cli-'))
  file = writeModel(folder, 'own.tflite', await smallInt8Graph())
})
beforeEach(() => {
  store = mkdtempSync(join(folder, 'store-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const env = { ...process.env, THIMBLE_ASSETS: ASSETS }

function start(argv: readonly string[]): { child: ChildProcess; ended: Promise<{ code: number; stdout: string }> } {
  const child = spawn(process.execPath, [cli, ...argv, '--store', store, '--json'], { env })
  let stdout = ''
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, stdout }))
  return { child, ended }
}

/** Waits until the benchmark of a run has begun. */
const inBench = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    child.stderr!.on('data', (text: Buffer) => {
      if (text.toString().includes('bench')) resolve()
    })
  })

async function listRuns(): Promise<RunSummary[]> {
  const { stdout } = await start(['runs', 'list']).ended
  return (JSON.parse(stdout) as { runs: RunSummary[] }).runs
}

it('Ctrl-C cancels: one JSON error, exit code 130, the run marked cancelled', async () => {
  const { child, ended } = start(['run', file])
  await inBench(child)
  child.kill('SIGINT')
  const { code, stdout } = await ended
  expect(JSON.parse(stdout)).toMatchObject({ ok: false, error: { code: 'CANCELLED' } })
  expect(code).toBe(130)
  expect((await listRuns()).map((run) => run.status)).toEqual(['cancelled'])
}, 60_000)

it('killed with -9, the run is marked interrupted by the next command', async () => {
  const { child, ended } = start(['run', file])
  await inBench(child)
  child.kill('SIGKILL')
  await ended
  const [run] = await listRuns()
  expect(run).toMatchObject({ status: 'interrupted', latency_p50_us: null })
}, 60_000)

const namespaces = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0

it.skipIf(!namespaces)(
  'on a full disk a run fails with DISK_FULL, and the runs before it are still there',
  () => {
    const script = `
    mount -t tmpfs -o size=3m tmpfs "$1"
    run="$2 $3"
    $run run "$4" --quick --json --store "$1" 2>/dev/null
    cat /dev/zero > "$1/ballast" 2>/dev/null
    $run run "$4" --quick --json --store "$1" 2>/dev/null
    echo "$?"
    rm "$1/ballast"
    $run runs list --json --store "$1"`
    const { stdout } = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', store, process.execPath, cli, file], {
      encoding: 'utf8',
      env,
    })
    const [first, second, code, list] = stdout.trimEnd().split('\n')
    expect(JSON.parse(first!)).toMatchObject({ runId: 1, model: { name: 'own.tflite' } })
    expect(JSON.parse(second!)).toMatchObject({ ok: false, error: { code: 'DISK_FULL' } })
    expect(code).toBe('1')
    const { runs } = JSON.parse(list!) as { runs: RunSummary[] }
    expect(runs.at(-1)).toMatchObject({ id: 1, status: 'done' })
    expect(runs.filter((run) => run.status === 'done')).toHaveLength(1)
  },
  120_000,
)

it.skipIf(!namespaces)(
  'on a full disk an export fails with DISK_FULL and leaves nothing behind',
  () => {
    const script = `
    mount -t tmpfs -o size=48k tmpfs "$1"
    $2 $3 export "$4" --c "$1/new" --json
    ls -A "$1"`
    const { stdout } = spawnSync('unshare', ['-rm', 'sh', '-c', script, 'sh', store, process.execPath, cli, file], {
      encoding: 'utf8',
      env,
    })
    const [error, ...left] = stdout.trimEnd().split('\n')
    expect(JSON.parse(error!)).toMatchObject({ ok: false, error: { code: 'DISK_FULL' } })
    expect(left).toEqual([])
  },
  60_000,
)

it('whose reader goes away goes on to its end', async () => {
  const { child, ended } = start(['run', file, '--quick'])
  child.stderr!.destroy()
  expect((await ended).code).toBe(0)
  expect((await listRuns()).map((run) => run.status)).toEqual(['done'])
}, 60_000)
