import { afterAll, beforeAll, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { ACCESS_CONTROLS, Lockstep } from '../emulator/lockstep.ts'
import { randomFlow } from '../emulator/random-flow.ts'
import { assemble, Workbench } from '../emulator/toolchain.ts'

const COUNT = Number(process.env['THIMBLE_DEEP_COUNT'])
const SEED = Number(process.env['THIMBLE_SEED'])

let bench: Workbench
beforeAll(async () => {
  bench = await Workbench.open()
})
afterAll(() => bench.close())

const M7_BOARDS = BOARDS.filter(({ core }) => core === 'cortex-m7')

/**
 * What memory costs, by turns: nothing, then the F407's flash by each of its settings, what the M7s' caches leave to wait,
 * nothing but their own cycles, then every access on each board.
 */
const COSTS: readonly ((image: Uint8Array, translate: 'eager' | true) => Lockstep)[] = [
  (image, translate) => new Lockstep(image, translate),
  ...ACCESS_CONTROLS.map((_, choice) => (image: Uint8Array, translate: 'eager' | true) => {
    const pair = new Lockstep(image, translate)
    pair.waitForFlash(choice)
    return pair
  }),
  // An M7's caches: both on, one of them, none.
  ...[3, 2, 1, 0, 3].map((choice, at) => (image: Uint8Array, translate: 'eager' | true) => {
    const pair = new Lockstep(image, translate, M7_BOARDS[at % M7_BOARDS.length])
    pair.waitForCaches(choice)
    return pair
  }),
  ...M7_BOARDS.map((board) => (image: Uint8Array, translate: 'eager' | true) => new Lockstep(image, translate, board)),
  ...BOARDS.map((board) => (image: Uint8Array, translate: 'eager' | true) => {
    const pair = new Lockstep(image, translate, board)
    pair.countEveryAccess()
    return pair
  }),
]

test.each(['eager', true] as const)(
  'translated code runs as in the interpreter (translated: %s)',
  async (translate) => {
    for (let seed = SEED; seed < SEED + COUNT; seed++) {
      const rng = createRng(1_000_000 + seed)
      const pair = COSTS[seed % COSTS.length]!(await assemble(bench, 'flow', randomFlow(rng)), translate)
      try {
        pair.run(300_000, true)
        pair.runSlices(rng, 150)
        if (pair.entries === 0) throw new Error('nothing was translated')
      } catch (thrown) {
        throw new Error(`seed ${seed}`, { cause: thrown })
      }
    }
  },
)
