// A million random instructions, run here and in QEMU: registers, flags and memory must agree after every block.
// More of them: npm run test:deep -- instructions COUNT.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { compareWithQemu } from './compare-with-qemu.ts'
import { M7_DOUBLE, M7_SINGLE, Workbench } from './toolchain.ts'

const M7 = { core: M7_SINGLE, board: findBoardData('stm32f746')! }
const M7_DP = { core: M7_DOUBLE, board: findBoardData('stm32h743')! }

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

let instructions = 0
it.each([
  { kind: 'integer', seed: 1, blocks: 2500, length: 8, states: 12 },
  { kind: 'float', seed: 2, blocks: 2500, length: 5, states: 16 },
  { kind: 'memory', seed: 3, blocks: 2500, length: 5, states: 10 },
  { kind: 'control', seed: 4, blocks: 1500, length: 5, states: 10 },
  { kind: 'mixed', seed: 5, blocks: 3000, length: 8, states: 12 },
  { kind: 'fpv5', seed: 6, blocks: 450, length: 3, states: 40, on: M7 },
  { kind: 'float', seed: 7, blocks: 450, length: 2, states: 30, on: M7 },
  { kind: 'double', seed: 8, blocks: 350, length: 2, states: 30, on: M7_DP },
  { kind: 'double', seed: 9, blocks: 350, length: 1, states: 30, on: M7_DP },
] as const)(
  '$blocks blocks of $length random $kind pieces, from $states states each',
  async (plan) => {
    const result = await compareWithQemu(bench, plan)
    expect(result.differences).toEqual([])
    instructions += result.instructions
  },
  120_000,
)

it('were a million and more', () => {
  expect(instructions).toBeGreaterThan(1_000_000)
})
