// A sample of every family of emitters; more by: npm run test:deep -- emitters COUNT

import { describe, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { checkEmitted, emittedCase, FAMILIES } from './emitted-ops.ts'
import { CORES } from './run-kernel.ts'

const SAMPLE = 6

describe.each(Object.entries(FAMILIES))('%s', (name, family) => {
  test('equals the interpreter bit for bit on both cores', () => {
    const rng = createRng(31).fork(name)
    for (let seed = 0; seed < SAMPLE; seed++) {
      const made = emittedCase(family, rng, seed)
      for (const { board } of CORES) checkEmitted(made, board, `seed ${seed} on ${board}`)
    }
  })
})
