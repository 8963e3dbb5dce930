// Read-out protection on the host's side: the way back from level 1 erases everything, level 2 is refused.

import { describe, expect, it } from 'vitest'
import { systemClock } from '../../src-main/base/clock.ts'
import { BOARDS, type BoardData } from '../../src-main/device/board-data.ts'
import type { Probe } from '../../src-main/device/probe.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { unprotect } from '../../src-main/device/unprotect.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { errorOf } from '../faults/faulty-board.ts'

const protectedBoard = (data: BoardData, level: 0 | 1) =>
  openVirtualBoard(data, { readProtection: level, flash: new Uint8Array(data.flash.size).fill(0x5a) })

/** The same board, its option register read as one of level 2: an emulated one closes its debug port, as silicon does. */
const answeringAtLevel2 = (probe: Probe, data: BoardData, onWrite: () => void): Probe => ({
  ...probe,
  readWord: async (address) => {
    const word = await probe.readWord(address)
    const options = data.flash.driver === 'h7' ? 0x5200201c : 0x40023c14
    return Number(address) === options ? ((word & ~0xff00) | 0xcc00) >>> 0 : word
  },
  writeWord: (address, value) => {
    onWrite()
    return probe.writeWord(address, value)
  },
})

describe.each(BOARDS.map((data) => [data.id, data] as const))('%s', (_, data) => {
  const tools = { clock: systemClock, progress: () => undefined }

  it('goes back to level 0 with all of its flash erased, and can be used at once', async () => {
    const board = await protectedBoard(data, 1)
    expect(await errorOf(connectBoard(board))).toMatchObject({ code: 'BOARD_PROTECTED' })
    const steps: string[] = []
    const erased = await unprotect(board, { ...tools, progress: (_done, _total, note) => void steps.push(note ?? '') })
    expect(erased).toBe(true)
    expect([...new Set(steps)]).toEqual(['erase all of flash', 'verify'])
    expect((await board.probe.read(data.flash.start, 16)).every((byte) => byte === 0xff)).toBe(true)
    await connectBoard(board)
    await board.close()
  }, 60_000)

  it('does nothing to a chip that is not protected', async () => {
    const board = await protectedBoard(data, 0)
    expect(await unprotect(board, tools)).toBe(false)
    expect((await board.probe.read(data.flash.start, 4))[0]).toBe(0x5a)
    await board.close()
  })

  it('refuses level 2 outright, before anything is written', async () => {
    const board = await protectedBoard(data, 0)
    let writes = 0
    const locked = { ...board, probe: answeringAtLevel2(board.probe, data, () => writes++) }
    expect(await errorOf(unprotect(locked, tools))).toMatchObject({ code: 'BOARD_LOCKED' })
    expect(await errorOf(connectBoard(locked))).toMatchObject({ code: 'BOARD_LOCKED' })
    expect(writes).toBe(0)
    await board.close()
  })
})
