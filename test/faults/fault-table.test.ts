// Every row of the table through the command line: its code and hint, nothing called written, and what comes after.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { thimble, thimbleError, thimbleJson } from '../cli/command-line.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { writeModel } from '../jobs/small-model.ts'
import { FAULTS, LEVEL_2, optionBytes, sleeps, takesPins } from './fault-table.ts'
import { FaultyBoard, PROBE_ID } from './faulty-board.ts'
import { firmwareSays, flashWith, modelsFor } from './flash-session.ts'

// No probe is plugged in where tests run: what stands in for the list of USB devices has a virtual one in it.
const usb = vi.hoisted(() => ({ list: (): Promise<unknown[]> => Promise.resolve([]) }))
vi.mock('usb', () => ({ usb: { getDevices: () => usb.list() } }))

let folder: string
let argv: string[]
let board: FaultyBoard
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-faults-'))
  argv = ['flash', writeModel(folder, 'new.tflite', randomNetwork(createRng(21)).graph), '--board', PROBE_ID]
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(() => {
  board = wellBoard('stm32f407')
  usb.list = board.list
})
afterEach(() => board.close())

/** A board with the firmware and an older model. */
function wellBoard(id: string): FaultyBoard {
  const board = new FaultyBoard(id)
  board.powerCycle(flashWith(board.data, modelsFor(board.data)[1]))
  return board
}

const flashesWell = async () => {
  const value = (await thimbleJson(argv, folder)) as { verify: { verifiedBytes: number }[]; reset: object }
  expect(value.verify[1]!.verifiedBytes).toBeGreaterThan(1000)
  expect(value.reset).toMatchObject({ modelOpened: true })
  expect(await firmwareSays(board)).toBe('whole')
}

describe.each(FAULTS)('$fault', (row) => {
  it(`ends in ${row.code} with what to do, calls nothing written, and the next attempt is good`, async () => {
    row.arrange(board)
    const before = board.flash()
    const error = await thimbleError(argv, folder)
    expect({ code: error.code, message: error.message }).toMatchObject({ code: row.code })
    expect(error.hint).toMatch(row.hint)
    expect(error.message.length).toBeGreaterThan(20)
    const changed = Buffer.compare(before, board.flash()) !== 0
    expect(changed).toBe(row.flash === 'changed' && row.code !== 'FLASH_VERIFY_FAILED')

    row.mend(board)
    if (changed) expect(await firmwareSays(board)).toBe('MODEL_REJECTED')
    await flashesWell()
  })
})

it('without --json the message and the hint are for people, and stdout stays empty', async () => {
  board.claimError = 'claimInterface error: interface is busy'
  const { code, stdout, stderr } = await thimble(argv, folder)
  expect([code, stdout]).toEqual([1, ''])
  expect(stderr).toMatch(/PROBE_IN_USE: .*busy.*\nClose the other program/)
})

it('a probe in DFU mode that leaves it when asked is no fault at all', async () => {
  let asked = 0
  board.fault = (transfer) => {
    const { cdb } = transfer.command
    if (cdb[0] === 0xf3) asked++
    return cdb[0] === 0xf5 && asked === 0 ? Uint8Array.of(0, 0) : undefined
  }
  await flashesWell()
  expect(asked).toBeGreaterThan(0)
})

it.each([
  ['sleeps with its clocks stopped', sleeps],
  ['uses the pins of SWD for itself', takesPins],
])('a program that %s is no fault where nRST is wired: it is connected to under reset', async (_, arrange) => {
  arrange(board)
  await flashesWell()
})

it('read-out protection of level 2, which nothing takes off, is refused every time and the chip is left alone', async () => {
  optionBytes(LEVEL_2)(board)
  const before = board.flash()
  for (let attempt = 0; attempt < 2; attempt++) {
    // It closes the debug port of silicon; one that answers says the level.
    expect(['TARGET_UNREACHABLE', 'BOARD_LOCKED_FOR_GOOD']).toContain((await thimbleError(argv, folder)).code)
  }
  expect(Buffer.compare(before, board.flash())).toBe(0)
})

it('a board swapped for one with another chip after it was planned for is left alone', async () => {
  const other = wellBoard('stm32f746')
  const before = other.flash()
  let opened = 0
  usb.list = () => (opened++ === 0 ? board.list() : other.list())
  const error = await thimbleError(argv, folder)
  expect(error).toMatchObject({ code: 'BOARD_WRONG_CHIP' })
  expect(error.hint).toMatch(/Pick the board/)
  expect(Buffer.compare(before, other.flash())).toBe(0)
  other.close()
  usb.list = board.list
  await flashesWell()
})
