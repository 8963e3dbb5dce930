// Taking read-out protection off on every chip: what is erased, what is left alone, and what is never called done.

import { describe, expect, test } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import { AppError } from '../../src-main/base/errors.ts'
import { restoreFlash } from '../../src-main/device/restore-flash.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { unprotect } from '../../src-main/device/unprotect.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { BOARD_IDS, changed, virtualBoard } from './virtual-session.ts'

/** Where the RDP byte is read, RM0090 3.9.10, RM0385 3.7.6, RM0433 4.9.8 */
const OPTIONS: Record<string, number> = { stm32f407: 0x40023c14, stm32f746: 0x40023c14, stm32h743: 0x5200201c }
/** Where the controller says that it is busy, RM0090 3.9.4, RM0385 3.7.4, RM0433 4.9.8 */
const F4_BUSY = { status: 0x40023c0c, busy: 1 << 16 }
const BUSY: Record<string, { status: number; busy: number }> = {
  stm32f407: F4_BUSY,
  stm32f746: F4_BUSY,
  stm32h743: { status: 0x5200201c, busy: 1 },
}

describe.each(BOARD_IDS)('unprotecting %s', (id) => {
  const { status, busy } = BUSY[id]!
  const { boardData, firmwareImage } = virtualBoard(id)
  const { start, size } = boardData.flash
  const last = addr(start + size - 4)
  const rdp = addr(OPTIONS[id]!)

  test('level 1 becomes level 0, all of flash is erased, and the board can be flashed', async () => {
    const board = await openVirtualBoard(boardData, { flash: firmwareImage, readProtection: 1 })
    try {
      await expect(connectBoard(board)).rejects.toMatchObject({ code: 'BOARD_PROTECTED' })
      let [seen, polls] = [0, 0]
      const counted = changed(board, {
        probe: (probe) => ({
          readWord(address) {
            polls++
            return probe.readWord(address)
          },
        }),
      })
      const report = await unprotect(counted, { onBytes: (count) => (seen += count) })
      expect(report).toEqual({ level: 1, erasedBytes: size })
      expect(seen).toBe(size)
      // Eight seconds of the board's time, a millisecond a question.
      expect(polls).toBeGreaterThan(7000)
      expect([await board.probe.readWord(start), await board.probe.readWord(last)]).toEqual([0xffffffff, 0xffffffff])
      expect(((await board.probe.readWord(rdp)) >>> 8) & 0xff).toBe(0xaa)
      const session = await connectBoard(board)
      const backup = new Uint8Array(size).fill(0xff)
      backup.set(firmwareImage)
      expect((await restoreFlash(session, backup)).verifiedBytes).toBe(size)
      expect(await board.probe.read(start, firmwareImage.length)).toEqual(firmwareImage)
      expect((await session.start()).clock).toBe(boardData.clock)
    } finally {
      await board.close()
    }
  }, 60_000)

  test('an open chip is left alone', async () => {
    const board = await openVirtualBoard(boardData, { flash: firmwareImage })
    try {
      const watched = changed(board, {
        probe: () => ({ writeWord: () => Promise.reject(new AppError('INTERNAL', 'Nothing is to be written.')) }),
      })
      expect(await unprotect(watched)).toEqual({ level: 0, erasedBytes: 0 })
      expect(await board.probe.read(start, 64)).toEqual(firmwareImage.subarray(0, 64))
    } finally {
      await board.close()
    }
  })

  test('a chip that says level 2 is refused before anything is written', async () => {
    const board = await openVirtualBoard(boardData, { flash: firmwareImage })
    try {
      const says = changed(board, {
        probe: (probe) => ({
          readWord: async (address) => (address === rdp ? 0xcc00 : probe.readWord(address)),
          writeWord: () => Promise.reject(new AppError('INTERNAL', 'Nothing is to be written.')),
        }),
      })
      await expect(unprotect(says)).rejects.toMatchObject({ code: 'BOARD_LOCKED_FOR_GOOD' })
    } finally {
      await board.close()
    }
  })

  test('another chip than the board should have is refused', async () => {
    const board = await openVirtualBoard(boardData, { flash: firmwareImage, readProtection: 1 })
    try {
      const other = changed(board, { data: { ...boardData, idCode: 0x123 } })
      await expect(unprotect(other)).rejects.toMatchObject({ code: 'BOARD_WRONG_CHIP' })
      expect(((await board.probe.readWord(rdp)) >>> 8) & 0xff).toBe(0x55)
    } finally {
      await board.close()
    }
  })

  test('a cable pulled while flash is erased is never called done', async () => {
    const board = await openVirtualBoard(boardData, { flash: firmwareImage, readProtection: 1 })
    try {
      let reads = 0
      const fragile = changed(board, {
        probe: (probe) => ({
          readWord: (address) =>
            ++reads > 1000 ? Promise.reject(new AppError('BOARD_GONE', 'Unplugged.')) : probe.readWord(address),
        }),
      })
      await expect(unprotect(fragile)).rejects.toMatchObject({ code: 'BOARD_GONE' })
    } finally {
      await board.close()
    }
  })

  test('an erase that never ends is given up after a bounded time', async () => {
    const board = await openVirtualBoard(boardData, { flash: firmwareImage, readProtection: 1 })
    try {
      let ms = 0
      const clock = { now: () => new Date(0), monotonicMs: () => (ms += 100) }
      const stuck = changed(board, {
        probe: (probe) => ({
          readWord: async (address) => ((await probe.readWord(address)) | (address === status ? busy : 0)) >>> 0,
        }),
      })
      await expect(unprotect(stuck, { clock })).rejects.toMatchObject({ code: 'FLASH_FAILED' })
      expect(ms).toBeGreaterThan(16_000)
    } finally {
      await board.close()
    }
  })
})
