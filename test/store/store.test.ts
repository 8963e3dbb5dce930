import { existsSync, mkdtempSync, readdirSync, readFileSync as readBytes, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AppError } from '../../src-main/base/errors.ts'
import { runDetail, runSummary } from '../../src-main/contract/run.ts'
import { loadSqlite } from '../../src-main/store/sqlite-binding.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'
import { HOST, newRun } from './run-rows.ts'

let folder: string
let store: Store

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-store-'))
  store = openStore({ path: folder, kind: 'cli' })
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

function errorOf(work: () => unknown): AppError {
  try {
    work()
  } catch (thrown) {
    if (thrown instanceof AppError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

const codeOf = (work: () => unknown) => errorOf(work).code

describe('runs', () => {
  it('gives back a run as it was put in', () => {
    const id = store.runs.create(newRun())
    store.runs.setStage(id, 0, { name: 'data', status: 'done', ms: 12.5, facts: [{ key: 'windows', value: 640 }] })
    store.runs.setProvenance(id, { ...HOST, provenance: 'emulated' })
    store.runs.addMetrics(id, [
      { name: 'auc_board', unit: '', step: 1, elapsedMs: 10, value: 0.7, provenance: 'emulated' },
      { name: 'latency_p50_us', unit: 'us', step: 1, elapsedMs: 10, value: 812.25, provenance: 'estimated' },
      { name: 'auc_board', unit: '', step: 2, elapsedMs: 20, value: 0.93, provenance: 'emulated' },
    ])
    const model = store.artifacts.put(id, 'model.tflite', Uint8Array.of(1, 2, 3))
    store.runs.end(id, 'done', null)

    const run = runDetail.parse(store.runs.show(id))
    expect(run).toMatchObject({
      id,
      status: 'done',
      task: 'ad',
      provenance: 'emulated',
      timing: 'estimated',
      quick: true,
      auc_board: 0.93,
    })
    expect(run.parameters).toEqual(newRun().parameters)
    expect(run.provenance_detail).toEqual({ ...HOST, provenance: 'emulated' })
    expect(run.stages.map((stage) => [stage.name, stage.status])).toEqual([
      ['data', 'done'],
      ['train', 'pending'],
    ])
    expect(run.stages[0]!.facts).toEqual([{ key: 'windows', value: 640 }])
    expect(run.artifacts).toEqual([model])
    expect(run.metrics.map((metric) => [metric.name, metric.value])).toEqual([
      ['latency_p50_us', 812.25],
      ['auc_board', 0.93],
    ])
    expect(store.runs.series(id, 'auc_board').map((point) => point.value)).toEqual([0.7, 0.93])
  })

  it('lists the newest first, page by page', () => {
    const ids = Array.from({ length: 5 }, () => store.runs.create(newRun()))
    const page = store.runs.list({ limit: 2, offset: 1 })
    expect(page.total).toBe(5)
    expect(page.runs.map((run) => runSummary.parse(run).id)).toEqual([ids[3], ids[2]])
  })

  it('keeps the error of a failed run', () => {
    const id = store.runs.create(newRun())
    const error = new AppError('MODEL_TOO_LARGE', 'By 3 KB.', { context: { over: 3072 } }).toDto()
    store.runs.end(id, 'failed', error)
    expect(store.runs.show(id)).toMatchObject({ status: 'failed', error })
  })

  it('deletes a run with all that hangs on it, but not one that goes on', () => {
    const id = store.runs.create(newRun())
    expect(store.runs.remove(id)).toBe(false)
    store.samples.add(id, [{ index: 0, latency_us: 1, cycles: 2, score: 3, label: 0 }])
    const { sha256 } = store.artifacts.put(id, 'plan.json', Uint8Array.of(5))
    store.runs.end(id, 'done', null)
    expect(store.runs.remove(id)).toBe(true)
    expect(codeOf(() => store.runs.show(id))).toBe('RUN_UNKNOWN')
    expect(store.samples.ofRun(id)).toEqual([])
    expect(existsSync(store.artifacts.pathOf(sha256))).toBe(false)
  })
})

describe('samples', () => {
  it('come back in order, with what was absent still absent', () => {
    const id = store.runs.create(newRun())
    const samples = Array.from({ length: 50 }, (_, index) => ({
      index,
      latency_us: 800 + index / 7,
      cycles: index % 3 === 0 ? null : 135_000 + index,
      score: index % 4 === 0 ? null : Math.sin(index),
      label: ([0, 1, null] as const)[index % 3]!,
    }))
    store.samples.add(id, samples.slice(0, 20))
    store.samples.add(id, samples.slice(20))
    expect(store.samples.ofRun(id)).toEqual(samples)
  })
})

describe('artifacts', () => {
  it('are stored once, under the hash of what is in them', () => {
    const [first, second] = [store.runs.create(newRun()), store.runs.create(newRun())]
    const data = new TextEncoder().encode('abc')
    const before = store.artifacts.bytes()
    const one = store.artifacts.put(first, 'a.txt', data)
    const two = store.artifacts.put(second, 'b.txt', data)
    // SHA-256 of "abc": FIPS 180-2, appendix B.1
    expect(one.sha256).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(two.sha256).toBe(one.sha256)
    expect(readdirSync(join(folder, 'artifacts', 'ba'))).toEqual([one.sha256.slice(2)])
    expect(store.artifacts.read(one.sha256)).toEqual(Buffer.from(data))
    expect(store.artifacts.bytes()).toBe(before + 3)
    expect(store.bytes()).toBeGreaterThan(store.artifacts.bytes())

    store.runs.end(first, 'done', null)
    store.runs.remove(first)
    expect(store.artifacts.ofRun(second)).toHaveLength(1)
    expect(store.artifacts.read(one.sha256)).toEqual(Buffer.from(data))
  })

  it('that were changed on the disk are not handed out', () => {
    const { sha256 } = store.artifacts.put(store.runs.create(newRun()), 'a', Uint8Array.of(1))
    writeFileSync(store.artifacts.pathOf(sha256), 'something else')
    expect(codeOf(() => store.artifacts.read(sha256))).toBe('STORE_CORRUPT')
  })
})

describe('models and settings', () => {
  it('remember the files used last, the newest first', async () => {
    store.models.remember({ file: '/a.tflite', name: 'a', file_bytes: 1, dtype: 'int8' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    store.models.remember({ file: '/b.tflite', name: 'b', file_bytes: 2, dtype: 'int8' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    store.models.remember({ file: '/a.tflite', name: 'a', file_bytes: 3, dtype: 'int8' })
    expect(store.models.recent().map((model) => [model.file, model.file_bytes])).toEqual([
      ['/a.tflite', 3],
      ['/b.tflite', 2],
    ])
    store.models.forget('/a.tflite')
    expect(store.models.recent()).toHaveLength(1)
  })

  it('have defaults until they are set, and survive being closed', () => {
    expect(store.settings.get().theme).toBe('system')
    store.settings.set({ theme: 'dark' })
    store.close()
    store = openStore({ path: folder, kind: 'cli' })
    expect(store.settings.get().theme).toBe('dark')
  })
})

describe('opening', () => {
  const edit = (work: (database: InstanceType<ReturnType<typeof loadSqlite>>) => void) => {
    store.close()
    const database = new (loadSqlite())(join(folder, 'thimble.db'))
    work(database)
    database.close()
  }

  it('says so where the folder can not be one', () => {
    const path = join(folder, 'file')
    writeFileSync(path, '')
    expect(codeOf(() => openStore({ path, kind: 'cli' }))).toBe('FILE_UNREADABLE')
    expect(codeOf(() => openStore({ path: join(path, 'below'), kind: 'cli' }))).toBe('FILE_UNREADABLE')
  })

  it('uses WAL and the format of this version', () => {
    edit((database) => {
      expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
      expect(database.pragma('user_version', { simple: true })).toBe(2)
    })
    store = openStore({ path: folder, kind: 'cli' })
  })

  it('calls the latencies of M7 boards estimated that an older version has stored as emulated', () => {
    const stored = (board: string, provenance: 'emulated' | 'hardware') => {
      const id = store.runs.create({ ...newRun(), provenance: { ...HOST, board, provenance } })
      const point = { unit: '', step: 0, elapsedMs: 0, value: 5, provenance }
      store.runs.addMetrics(id, [
        { ...point, name: 'latency_p50_us' },
        { ...point, name: 'cycles' },
        { ...point, name: 'auc_board' },
      ])
      return id
    }
    const m7 = [stored('virtual:stm32f746', 'emulated'), stored('virtual:stm32h743', 'emulated')]
    const m4 = stored('virtual:stm32f407', 'emulated')
    const real = stored('stlink:066DFF', 'hardware')
    edit((database) => database.pragma('user_version = 1'))
    store = openStore({ path: folder, kind: 'cli' })
    const told = (id: number) => {
      const { timing, provenance, metrics } = store.runs.show(id)
      return [timing, provenance, ...metrics.map((metric) => `${metric.name} ${metric.provenance}`).sort()]
    }
    for (const id of m7) {
      expect(told(id)).toEqual([
        ...['estimated', 'emulated'],
        ...['auc_board emulated', 'cycles estimated', 'latency_p50_us estimated'],
      ])
    }
    expect(told(m4)).toEqual([
      ...['emulated', 'emulated'],
      ...['auc_board emulated', 'cycles emulated', 'latency_p50_us emulated'],
    ])
    expect(told(real).slice(0, 2)).toEqual(['hardware', 'hardware'])
  })

  it('refuses a database of a newer version and leaves it as it is', () => {
    edit((database) => database.exec('CREATE TABLE future (x); PRAGMA user_version = 99'))
    expect(codeOf(() => openStore({ path: folder, kind: 'cli' }))).toBe('STORE_NEWER')
    const database = new (loadSqlite())(join(folder, 'thimble.db'))
    expect(database.pragma('user_version', { simple: true })).toBe(99)
    expect(database.prepare('SELECT count(*) AS n FROM sessions WHERE ended_at IS NULL').get()).toEqual({ n: 0 })
    database.pragma('user_version = 2')
    database.close()
    store = openStore({ path: folder, kind: 'cli' })
  })

  it.each([
    ['no database at all', (file: string) => writeFileSync(file, 'x'.repeat(8192))],
    [
      'a database with a damaged page',
      (file: string) => {
        const database = new (loadSqlite())(file)
        database.exec('CREATE TABLE filler (x); CREATE INDEX filler_x ON filler (x)')
        const insert = database.prepare('INSERT INTO filler VALUES (?)')
        for (let i = 0; i < 500; i++) insert.run('y'.repeat(100) + i)
        database.pragma('wal_checkpoint(TRUNCATE)')
        const pages = database.pragma('page_count', { simple: true }) as number
        database.close()
        const bytes = Buffer.alloc(4096 * pages)
        bytes.set(readBytes(file))
        bytes.fill(0xa5, 4096 * (pages - 3), 4096 * (pages - 1))
        writeFileSync(file, bytes)
      },
    ],
  ])('refuses %s and leaves it as it is', (_, damage) => {
    store.close()
    const file = join(folder, 'thimble.db')
    damage(file)
    const before = readBytes(file)
    expect(codeOf(() => openStore({ path: folder, kind: 'cli' }))).toBe('STORE_CORRUPT')
    expect(readBytes(file)).toEqual(before)
    rmSync(file)
    store = openStore({ path: folder, kind: 'cli' })
  })

  it('lets one window in, and any number of commands beside it', () => {
    const window = openStore({ path: folder, kind: 'window' })
    const second = errorOf(() => openStore({ path: folder, kind: 'window' }))
    expect(second.code).toBe('STORE_IN_USE')
    expect(second.message).toContain(`process ${process.pid}`)
    openStore({ path: folder, kind: 'cli' }).close()
    window.close()
    openStore({ path: folder, kind: 'window' }).close()
  })

  it('marks the run of a session that was closed in the middle of it', () => {
    const id = store.runs.create(newRun())
    store.close()
    store = openStore({ path: folder, kind: 'cli' })
    expect(store.runs.show(id).status).toBe('interrupted')
  })
})
