// A cable that is pulled in a flash session, at a sample of its transfers; at every one of them in test/deep/unplug.

import { afterEach, describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { UnplugBench } from './unplug.ts'

const SAMPLE = 5
const ENDS = 3

let bench: UnplugBench
afterEach(() => bench.board.close())

/** The first and the last ones, and some between. */
function sampled(count: number, seed: number, size: number): number[] {
  const rng = createRng(seed)
  const ends = Array.from({ length: ENDS }, (_, at) => [at, count - 1 - at]).flat()
  return [...ends, ...Array.from({ length: size }, () => rng.int(count))]
}

describe.each(BOARDS.map(({ id }) => id))('%s unplugged in a flash session', (id) => {
  test.each([
    ['older-model', SAMPLE],
    ['blank', 1],
  ] as const)(
    'over %s is gone, never half written, and is flashed when it is plugged in again',
    async (before, size) => {
      bench = new UnplugBench(id, before)
      const count = await bench.countTransfers()
      let pulled = 0
      const indices = sampled(count, 9, size)
      for (const index of indices) if (await bench.unplugAt(index)) pulled++
      // How often the start of the firmware is looked for depends on the machine: the last few, and a sample among them, may
      // not be reached.
      expect(pulled).toBeGreaterThanOrEqual(indices.length - ENDS - 1)
    },
    300_000,
  )
})
