// What other processes do to a store: die in the middle of writing, open it at the same time, fill the disk.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { loadSqlite } from '../../src-main/store/sqlite-binding.ts'
import { openStore } from '../../src-main/store/store.ts'
import { bundleForChild } from './child-bundle.ts'
import type { FillerOutcome } from './disk-filler.ts'

let writer: string
let filler: string
let folder: string
const children: ChildProcess[] = []

beforeAll(async () => {
  writer = await bundleForChild('test/store/endless-writer.ts', 'endless-writer')
  filler = await bundleForChild('test/store/disk-filler.ts', 'disk-filler')
})
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-store-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) await kill(child)
  rmSync(folder, { recursive: true, force: true })
})

async function startWriter(kind: 'job' | 'window' = 'job'): Promise<{ child: ChildProcess; run: number }> {
  const child = spawn(process.execPath, [writer, folder, kind], { stdio: ['ignore', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  return { child, run: Number(line.toString()) }
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}

it('a process killed with -9 leaves a consistent database and an interrupted run', async () => {
  for (const delay of [0, 30, 100, 200]) {
    const { child, run } = await startWriter()
    await new Promise((resolve) => setTimeout(resolve, delay))
    await kill(child)

    const store = openStore({ path: folder, kind: 'cli' })
    const detail = store.runs.show(run)
    expect(detail.status).toBe('interrupted')
    expect(detail.ended_at).not.toBeNull()
    expect(detail.stages[0]!.status).toBe('failed')
    // the two points of a step went in together, or neither did
    expect(store.runs.series(run, 'train_loss').length).toBe(store.runs.series(run, 'validation_loss').length)
    const samples = store.samples.ofRun(run)
    expect(samples.map((sample) => sample.index)).toEqual(samples.map((_, index) => index))
    for (const artifact of store.artifacts.ofRun(run)) store.artifacts.read(artifact.sha256)
    store.close()

    const database = new (loadSqlite())(join(folder, 'thimble.db'))
    expect(database.pragma('integrity_check', { simple: true })).toBe('ok')
    expect(database.pragma('foreign_key_check')).toEqual([])
    database.close()
  }
})

it('the run of a process that lives is left alone', async () => {
  const { child, run } = await startWriter()
  const store = openStore({ path: folder, kind: 'window' })
  expect(store.runs.show(run).status).toBe('running')
  expect(store.markInterruptedRuns()).toEqual([])
  await kill(child)
  expect(store.markInterruptedRuns()).toEqual([run])
  expect(store.runs.show(run).status).toBe('interrupted')
  expect(readdirSync(join(folder, 'sessions'))).toHaveLength(1)
  store.close()
})

it('a second window is told the process of the first, and gets in once that one is dead', async () => {
  const { child } = await startWriter('window')
  const open = () => openStore({ path: folder, kind: 'window' })
  expect(open).toThrow(`process ${child.pid}`)
  await kill(child)
  open().close()
})

it('several processes may start on a new store at the same moment, and all write', async () => {
  const writers = await Promise.all([startWriter(), startWriter(), startWriter()])
  expect(new Set(writers.map(({ run }) => run)).size).toBe(3)
  const store = openStore({ path: folder, kind: 'cli' })
  for (const { run } of writers) {
    await expect.poll(() => store.samples.ofRun(run).length, { timeout: 20_000 }).toBeGreaterThan(0)
  }
  store.close()
})

const namespaces = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', tmpdir()]).status === 0

it.skipIf(!namespaces)(
  'a full disk says DISK_FULL, rolls back, loses nothing, and writes again once there is space',
  () => {
    const mounted = `mount -t tmpfs -o size=1m tmpfs "$1" && exec "$2" "$3" "$1"`
    const child = spawnSync('unshare', ['-rm', 'sh', '-c', mounted, 'sh', folder, process.execPath, filler], {
      encoding: 'utf8',
    })
    expect(child.stderr).toBe('')
    const outcome = JSON.parse(child.stdout) as FillerOutcome
    expect(outcome.database.code).toBe('DISK_FULL')
    expect(outcome.artifact.code).toBe('DISK_FULL')
    expect(outcome.artifact.kept).toBe(outcome.artifact.written)
    expect(outcome.database.kept).toBe(outcome.database.written)
    expect(outcome.statuses).toEqual(['done', 'interrupted', 'done'])
    expect(outcome.integrity).toBe('ok')
    expect(outcome.temporaryFiles).toEqual([])
  },
)

it('a runtime too old for the SQLite that ships says so instead of crashing', async () => {
  const opener = await bundleForChild('test/store/opens-a-store.ts', 'opens-a-store')
  const { THIMBLE_SQLITE_MODULE: _, ...env } = process.env
  const child = spawnSync(process.execPath, [opener, folder], { encoding: 'utf8', env })
  const { node, electron } = process.versions
  const fits = Number.parseInt(node, 10) >= 22 && (electron === undefined || Number.parseInt(electron, 10) >= 36)
  expect([child.signal, child.stdout]).toEqual([null, fits ? 'opened' : 'STORE_RUNTIME'])
})
