import { beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../src-main/base/hash.ts'
import { buildAnomalyTask, type AnomalyTask, type Split } from '../../src-main/data/anomaly-task.ts'
import { FAULT_KINDS } from '../../src-main/data/faults.ts'
import { FLEET } from '../../src-main/data/machine.ts'
import { SEVERITIES } from '../../src-main/data/severities.ts'
import type { WindowSet } from '../../src-main/data/windows.ts'
import { rocAuc } from '../../src-main/verify/metrics.ts'
import { stageContext } from '../support/stage-context.ts'

let task: AnomalyTask
const progress: [number, number][] = []

beforeAll(async () => {
  task = await buildAnomalyTask(
    stageContext({ seed: 1, progress: (done, total) => progress.push([done, total]) }),
    'quick',
  )
}, 120_000)

const SPLITS: Split[] = ['train', 'validation', 'calibration', 'test']
const fingerprint = (set: WindowSet) => sha256(new Uint8Array(set.features.buffer))

test('every window comes from a recording of its own split', () => {
  for (const split of SPLITS) {
    const used = new Set(task[split].clip)
    expect([...used].every((clip) => task.clips[clip]!.split === split)).toBe(true)
    expect(used.size).toBe(task.clips.filter((clip) => clip.split === split).length)
  }
})

test('only the test holds faults, of every kind on every machine, within the table of severities', () => {
  expect(task.clips.every((clip) => clip.split === 'test' || clip.fault === null)).toBe(true)
  for (const { id } of FLEET) {
    for (const kind of FAULT_KINDS) {
      const clips = task.clips.filter((clip) => clip.machine === id && clip.fault?.kind === kind)
      expect(clips.length).toBeGreaterThan(0)
      const [low, high] = SEVERITIES[kind]
      expect(clips.every(({ fault }) => fault!.severity >= low && fault!.severity <= high)).toBe(true)
    }
  }
})

test('labels follow the recordings and both come early in the stream', () => {
  const { labels, clip } = task.test
  expect(labels.every((label, i) => label === (task.clips[clip[i]!]!.fault ? 1 : 0))).toBe(true)
  const early = labels.subarray(0, 40)
  expect(early).toContain(0)
  expect(early).toContain(1)
})

test('there are enough calibration windows, and all features are finite', () => {
  expect(task.calibration.count).toBeGreaterThanOrEqual(100)
  expect(task.calibration.count).toBeLessThanOrEqual(500)
  for (const split of SPLITS) expect(task[split].features.every(Number.isFinite)).toBe(true)
})

test('frame energy alone says little', () => {
  const auc = rocAuc(task.test.energyDb, task.test.labels)
  expect(Math.max(auc, 1 - auc)).toBeLessThan(0.7)
})

test('progress counts every recording', () => {
  expect(progress.at(-1)).toEqual([task.clips.length, task.clips.length])
  expect(progress.length).toBe(task.clips.length)
})

test('the same seed gives the same bytes', async () => {
  const again = await buildAnomalyTask(stageContext({ seed: 1 }), 'quick')
  for (const split of SPLITS) expect(fingerprint(again[split])).toBe(fingerprint(task[split]))
  expect([...again.test.clip]).toEqual([...task.test.clip])
}, 120_000)

test('cancel stops between two recordings', async () => {
  const cancel = new AbortController()
  let done = 0
  const ctx = stageContext({
    seed: 1,
    signal: cancel.signal,
    progress: (count) => {
      done = count
      if (count === 3) cancel.abort()
    },
  })
  await expect(buildAnomalyTask(ctx, 'quick')).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(done).toBe(3)
})
