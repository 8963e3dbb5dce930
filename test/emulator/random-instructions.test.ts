// A million random instructions, run here and in QEMU: registers, flags and memory must agree after every block.
// More of them: npm run test:deep -- instructions COUNT.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareWithQemu } from './compare-with-qemu.ts'
import { Workbench } from './toolchain.ts'

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
