// The chip's id, and the one revision whose id is another chip's.

import { describe, expect, it } from 'vitest'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { readChipId } from '../../src-main/device/chip-id.ts'
import type { Probe } from '../../src-main/device/probe.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'

const data = findBoardData('stm32f407')!
const CPUID = 0xe000ed00

/** The virtual board, which says another id code, and perhaps another core. */
async function idOf(words: Readonly<Record<number, number>>): Promise<number> {
  const board = await openVirtualBoard(data)
  const probe: Probe = {
    ...board.probe,
    readWord: (address) => (address in words ? Promise.resolve(words[address]!) : board.probe.readWord(address)),
  }
  try {
    return await readChipId(probe, data)
  } finally {
    await board.close()
  }
}

describe('the id of a chip', () => {
  it.each([
    ['is that of its register', {}, 0x413],
    ['of another chip is left as it is', { [data.idCodeAddress]: 0x20036419 }, 0x419],
    ['0x411 with a Cortex-M4 is an STM32F407 of revision A', { [data.idCodeAddress]: 0x20006411 }, 0x413],
    ['0x411 with a Cortex-M3 is an STM32F2', { [data.idCodeAddress]: 0x20006411, [CPUID]: 0x412fc230 }, 0x411],
  ])('%s', async (_, words, id) => {
    expect(await idOf(words)).toBe(id)
  })
})
