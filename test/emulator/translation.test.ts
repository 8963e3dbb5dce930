// Translated code against the interpreter, its oracle: registers, flags, memory, instructions and cycles must be equal
// after every slice, wherever it ends and whatever interrupts it.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { randomFlow } from './random-flow.ts'
import { Lockstep } from './lockstep.ts'
import { assemble, Workbench } from './toolchain.ts'

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

describe('a random program', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => seed))('runs as in the interpreter, seed %i', async (seed) => {
    const rng = createRng(seed)
    const pair = new Lockstep(await assemble(bench, `flow-${seed}`, randomFlow(rng)))
    pair.run(200_000, true)
    pair.runSlices(rng, 150)
    expect(pair.entries).toBeGreaterThan(0)
  })
})
