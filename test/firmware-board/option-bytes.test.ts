// Flashing never touches what protects a chip, and two boards in use at once stay apart.

import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { BOARD_IDS, changed, virtualBoard } from './virtual-session.ts'

/** OPTKEYR and the option control registers: RM0090 3.9, RM0385 3.7, RM0433 4.9 (both banks). */
const OPTION_REGISTERS: Record<string, readonly number[]> = {
  stm32f407: [0x40023c08, 0x40023c14, 0x40023c18],
  stm32f746: [0x40023c08, 0x40023c14, 0x40023c18],
  stm32h743: [0x52000000, 0x52000100].flatMap((bank) =>
    [0x08, 0x18, 0x20, 0x28, 0x2c, 0x30, 0x34, 0x38, 0x3c, 0x40, 0x44].map((at) => 0x2000 + bank + at),
  ),
}

describe.each(BOARD_IDS)('the virtual board %s', (id) => {
  const { boardData, firmwareImage, blobOf, openBoard } = virtualBoard(id)
  const blob = blobOf(randomNetwork(createRng(41)).graph)
  const otherBlob = blobOf(randomNetwork(createRng(42)).graph)

  test('no option register is written in a whole session of flashing', async () => {
    const written: [start: number, end: number][] = []
    const board = await openBoard()
    try {
      const watched = changed(board, {
        probe: (probe) => ({
          writeWord(address, value) {
            written.push([address, address + 4])
            return probe.writeWord(address, value)
          },
          write(address, data) {
            written.push([address, address + data.length])
            return probe.write(address, data)
          },
        }),
      })
      const session = await connectBoard(watched)
      await session.flash(firmwareImage, blob)
      await session.flash(firmwareImage, otherBlob)
      await session.firmware().openModel()
    } finally {
      await board.close()
    }
    const touched = OPTION_REGISTERS[id]!.filter((register) =>
      written.some(([start, end]) => register >= start && register < end),
    )
    expect(touched).toEqual([])
    // The watch sees the controller's other registers, so it would have seen these.
    const control = id === 'stm32h743' ? 0x5200200c : 0x40023c10
    expect(written.some(([start]) => start === control)).toBe(true)
  })

  test('two of them, told apart by serial number, are flashed at once with different models', async () => {
    const boards = await Promise.all(['A1', 'B2'].map((serial) => openVirtualBoard(boardData, { serial })))
    try {
      expect(boards.map(({ probe }) => probe.info.serial)).toEqual(['A1', 'B2'])
      const blobs = [blob, otherBlob]
      await Promise.all(
        boards.map(async (board, n) => {
          const session = await connectBoard(board)
          await session.flash(firmwareImage, blobs[n]!)
          await session.firmware().openModel()
        }),
      )
      for (const [n, board] of boards.entries()) {
        expect(await board.probe.read(boardData.modelRegion.start, blobs[n]!.length)).toEqual(blobs[n])
      }
    } finally {
      for (const board of boards) await board.close()
    }
  })
})
