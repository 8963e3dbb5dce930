import { afterAll, beforeAll, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { Lockstep } from '../emulator/lockstep.ts'
import { randomFlow } from '../emulator/random-flow.ts'
import { assemble, Workbench } from '../emulator/toolchain.ts'

const COUNT = Number(process.env['THIMBLE_DEEP_COUNT'])
const SEED = Number(process.env['THIMBLE_SEED'])

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

test.each(['eager', true] as const)(
  'translated code runs as in the interpreter (translated: %s)',
  async (translate) => {
    for (let seed = SEED; seed < SEED + COUNT; seed++) {
      const rng = createRng(1_000_000 + seed)
      const pair = new Lockstep(await assemble(bench, 'flow', randomFlow(rng)), translate)
      try {
        pair.run(300_000, true)
        pair.runSlices(rng, 150)
      } catch (thrown) {
        throw new Error(`seed ${seed}`, { cause: thrown })
      }
    }
  },
)
