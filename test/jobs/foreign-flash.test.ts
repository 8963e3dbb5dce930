// A job on a board that holds somebody else's program: it asks before it erases, and goes on or stops as it is told.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import type { JobEvent } from '../../src-main/contract/run.ts'
import type { VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { openStore, type Store } from '../../src-main/store/store.ts'
import { BACKUPS, runJob, type JobTools } from './job.ts'
import { smallInt8Graph, writeModel } from './small-model.ts'

const FOREIGN = Uint8Array.from({ length: 20_000 }, (_, index) => (index * 37) & 0xff)
const FLASH = addr(0x08000000)
const ANSWER_MS = 1500

let folder: string
let store: Store
let file: string

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-jobs-'))
  store = openStore({ path: join(folder, 'store'), kind: 'cli' })
  file = writeModel(folder, 'own.tflite', await smallInt8Graph())
})
afterAll(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
  rmSync(BACKUPS, { recursive: true, force: true })
})

/** What the flash holds when the job lets the board go. */
async function runOnForeign(answer: (tools: JobTools) => void, asks = true) {
  let left: Uint8Array = new Uint8Array(0)
  const onClose = async (board: VirtualBoard) => {
    left = await board.probe.read(FLASH, FOREIGN.length).catch(() => left)
  }
  const onEvent = (event: JobEvent, tools: JobTools) => {
    if (event.type === 'question') answer(tools)
  }
  const outcome = await runJob(store, { file, quick: true }, onEvent, { flash: FOREIGN, asks, onClose })
  const { runId } = outcome.events.find((event) => event.type === 'started')!
  const types = outcome.events.map(({ type }) => type)
  const question = outcome.events.find((event) => event.type === 'question')?.question
  return { ...outcome, left, types, question, stored: store.runs.show(runId) }
}

it('asks with the sectors and the backup, and goes on where it stood once that is agreed to', async () => {
  const { run, types, question, left } = await runOnForeign(({ agree }) => setTimeout(agree, ANSWER_MS))
  expect(question!.sectors).toEqual([
    { index: 0, start: 0x08000000, bytes: 16_384 },
    { index: 1, start: 0x08004000, bytes: 16_384 },
  ])
  expect(new Uint8Array(readFileSync(question!.backup)).subarray(0, FOREIGN.length)).toEqual(FOREIGN)
  expect(types.filter((type) => type === 'question' || type === 'agreed')).toEqual(['question', 'agreed'])
  expect(types.filter((type) => type === 'started')).toHaveLength(1)
  expect(run).toMatchObject({ status: 'done' })
  expect(left).not.toEqual(FOREIGN)
  const { facts } = run!.stages.find(({ name }) => name === 'flash')!
  const fact = (key: string) => facts.find((each) => each.key === key)?.value
  expect(fact('flash_backup')).toBe(question!.backup)
  expect(fact('foreign_sectors')).toMatch(/^0 \(0x08000000 to 0x08003FFF, 16 KB\), 1 \(/)
}, 60_000)

it('what the user took to answer counts neither to the stage nor to its steps', async () => {
  let asked = 0
  let answered = 0
  const { run, events } = await runOnForeign(({ agree }) => {
    asked = performance.now()
    setTimeout(() => {
      answered = performance.now()
      agree()
    }, ANSWER_MS)
  })
  const waited = answered - asked
  const flash = run!.stages.find(({ name }) => name === 'flash')!
  expect(waited).toBeGreaterThanOrEqual(ANSWER_MS - 5)
  const whole = Date.parse(run!.ended_at!) - Date.parse(run!.started_at)
  const stages = run!.stages.reduce((sum, { ms }) => sum + (ms ?? 0), 0)
  expect(whole - stages).toBeGreaterThan(waited - 100)
  expect(events.find((event) => event.type === 'stage-done' && event.record.name === 'flash')).toMatchObject({
    record: { ms: flash.ms },
  })
}, 60_000)

it('stops as cancelled while it asks, with nothing erased', async () => {
  const { error, left, types, stored, boardsLeftOpen } = await runOnForeign(({ cancel }) => cancel())
  expect(error).toMatchObject({ code: 'CANCELLED', message: 'Cancelled. Nothing was erased.' })
  expect(types).not.toContain('agreed')
  expect(left).toEqual(FOREIGN)
  expect(stored.status).toBe('cancelled')
  expect(boardsLeftOpen).toBe(0)
}, 60_000)

it('says that the board is gone when it was unplugged before the answer', async () => {
  const { error } = await runOnForeign(({ unplug, agree }) => {
    unplug()
    setTimeout(agree, 50)
  })
  expect(error?.code).toBe('BOARD_GONE')
}, 60_000)

it('stops with FLASH_FOREIGN where nobody can be asked', async () => {
  const { error, types, left } = await runOnForeign(() => undefined, false)
  expect(error).toMatchObject({ code: 'FLASH_FOREIGN', context: { sectors: [0, 1] } })
  expect(types).not.toContain('question')
  expect(left).toEqual(FOREIGN)
}, 60_000)
