// Random instructions against QEMU, more than npm test has time for. A case is 2000 instructions executed, so that a
// round of 500 cases is a million; what differs is cut down to the fewest instructions that differ.

import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { compareWithQemu, type Plan } from '../emulator/compare-with-qemu.ts'
import { Workbench } from '../emulator/toolchain.ts'

const INSTRUCTIONS_PER_CASE = 2000
const count = Number(process.env.THIMBLE_DEEP_COUNT ?? 100)
const firstSeed = Number(process.env.THIMBLE_SEED ?? 0)

/** Blocks of each shape by turns; seeds of npm test are small numbers, these begin above them. */
const SHAPES: readonly Omit<Plan, 'seed'>[] = [
  { kind: 'mixed', blocks: 4000, length: 8, states: 6 },
  { kind: 'integer', blocks: 3500, length: 8, states: 6 },
  { kind: 'mixed', blocks: 7000, length: 2, states: 12 },
  { kind: 'float', blocks: 4000, length: 5, states: 10 },
  { kind: 'mixed', blocks: 2500, length: 10, states: 8 },
  { kind: 'memory', blocks: 3500, length: 5, states: 8 },
  { kind: 'control', blocks: 2500, length: 6, states: 8 },
]

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

it(`${count} cases from seed ${firstSeed} leave the same registers and memory as in QEMU`, async () => {
  const wanted = count * INSTRUCTIONS_PER_CASE
  let done = 0
  const found: Awaited<ReturnType<typeof compareWithQemu>>['differences'][number][] = []
  for (let turn = 0; done < wanted && found.length === 0; turn++) {
    const shape = SHAPES[turn % SHAPES.length]!
    const seed = 1000 + firstSeed * 100 + turn
    const { differences, instructions } = await compareWithQemu(bench, { ...shape, seed })
    found.push(...differences)
    done += instructions
  }
  const report = process.env.THIMBLE_DEEP_REPORT
  if (report !== undefined) {
    writeFileSync(report, JSON.stringify({ instructions: done, differences: found.length }))
  }
  expect(found).toEqual([])
})
