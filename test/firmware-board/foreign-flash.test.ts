// Flash that somebody else has written is read back to a file and erased only when that was agreed to.

import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src-main/base/clock.ts'
import { AppError } from '../../src-main/base/errors.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { addr } from '../../src-main/base/units.ts'
import type { Board } from '../../src-main/device/board.ts'
import { FLASH_STEPS } from '../../src-main/device/flash-steps.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { loadFirmware } from '../../src-main/jobs/firmware-image.ts'
import { detachedContext } from '../../src-main/jobs/job-context.ts'
import { flash } from '../../src-main/jobs/stages/flash.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { BOARD_IDS, changed, virtualBoard } from './virtual-session.ts'

describe.each(BOARD_IDS)('flash of %s that Thimble has not written', (id) => {
  const { boardData, firmwareImage, openBoard } = virtualBoard(id)
  const { graph } = randomNetwork(createRng(31))
  const packed = packModel(planModel(graph, boardData))
  const otherPacked = packModel(planModel(randomNetwork(createRng(32)).graph, boardData))
  const firmware = loadFirmware('assets', boardData)
  const foreign = Uint8Array.from({ length: 3000 }, (_, index) => (index * 37) & 0xff)

  let folder: string
  let board: Board
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'thimble-foreign-'))
    board = await openVirtualBoard(boardData, { flash: foreign })
  })
  afterEach(async () => {
    await board.close()
    rmSync(folder, { recursive: true })
  })

  const context = () =>
    detachedContext({
      signal: new AbortController().signal,
      progress: () => undefined,
      log: () => undefined,
      rng: createRng(1),
      clock: systemClock,
    })
  const run = (on: Board, overwriteForeign: boolean, model = packed) =>
    flash(
      { board: on, connectMs: 0, firmware, packed: model, consent: { backupFolder: folder, overwriteForeign } },
      context(),
    )
  const backups = () => readdirSync(folder).filter((name) => !name.endsWith('.json'))

  test('is read back and left alone when nobody agreed, with the sectors and the file named', async () => {
    const stopped = await run(board, false).then(
      () => undefined,
      (error: unknown) => error as AppError,
    )
    expect(stopped).toMatchObject({ code: 'FLASH_FOREIGN', context: { sectors: [0] } })
    const file = join(folder, backups()[0]!)
    expect(stopped!.message).toContain(file)
    expect(stopped!.message).toContain('0x08000000')
    expect(await board.probe.read(addr(0x08000000), foreign.length)).toEqual(foreign)
    const kept = readFileSync(file)
    expect(kept.length).toBe(boardData.flash.size)
    expect(new Uint8Array(kept.subarray(0, foreign.length))).toEqual(foreign)
    expect(kept.subarray(foreign.length).every((byte) => byte === 0xff)).toBe(true)
  })

  test('is erased once it was read back and that was agreed to; every step is told', async () => {
    const { steps, report } = await run(board, true)
    expect(backups()).toHaveLength(1)
    expect(steps.map(({ name }) => name)).toEqual([...FLASH_STEPS])
    const bytesOf = (name: string) => steps.find((step) => step.name === name)!.bytes
    expect(bytesOf('backup')).toBe(boardData.flash.size)
    expect(bytesOf('write')).toBe(report.firmware.writtenBytes + report.model.writtenBytes)
    expect(steps.every(({ ms }) => ms >= 0)).toBe(true)
  })

  test('is not erased when it could not be read back', async () => {
    const fragile = changed(board, {
      probe: (probe) => ({
        read: (address, length) =>
          address >= 0x08008000 && address < 0x08009000
            ? Promise.reject(new AppError('BOARD_GONE', 'Unplugged.'))
            : probe.read(address, length),
      }),
    })
    await expect(run(fragile, true)).rejects.toMatchObject({ code: 'BOARD_GONE' })
    expect(backups()).toEqual([])
    expect(await board.probe.read(addr(0x08000000), foreign.length)).toEqual(foreign)
  })

  test('stops a session that has nobody to ask', async () => {
    const session = await connectBoard(board)
    await expect(session.flash(firmwareImage, packed.blob)).rejects.toMatchObject({ code: 'FLASH_FOREIGN' })
  })

  test('data behind the end of the image in a sector to be erased counts too', async () => {
    const sector = boardData.flash.sectors[0]!
    const end = new Uint8Array(sector.size).fill(0xff)
    end[sector.size - 1] = 0
    const hidden = await openVirtualBoard(boardData, { flash: end })
    try {
      await expect(run(hidden, false)).rejects.toMatchObject({ code: 'FLASH_FOREIGN', context: { sectors: [0] } })
    } finally {
      await hidden.close()
    }
  })

  test("a blank board and Thimble's own content ask nothing", async () => {
    const blank = await openBoard()
    try {
      await run(blank, false)
      const { steps } = await run(blank, false, otherPacked)
      expect(steps.map(({ name }) => name)).not.toContain('backup')
      expect(backups()).toEqual([])
    } finally {
      await blank.close()
    }
  })

  test("what an interrupted flashing of a blank board has left is Thimble's", async () => {
    const blank = await openBoard()
    try {
      const isErased = async () => (await blank.probe.read(addr(0x08000400), 64)).every((byte) => byte === 0xff)
      const breaking = changed(blank, {
        probe: (probe) => ({
          async write(address, data) {
            if (!(await isErased())) throw new AppError('BOARD_GONE', 'Unplugged.')
            await probe.write(address, data)
          },
        }),
      })
      await expect(run(breaking, false)).rejects.toMatchObject({ code: 'BOARD_GONE' })
      expect(await isErased()).toBe(false)
      await run(blank, false)
      expect(backups()).toEqual([])
    } finally {
      await blank.close()
    }
  })
})
