import { test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { checkEmitted, emittedCase, FAMILIES } from '../codegen/emitted-ops.ts'
import { CORES } from '../codegen/run-kernel.ts'

const COUNT = Number(process.env['THIMBLE_DEEP_COUNT'])
const SEED = Number(process.env['THIMBLE_SEED'])

test.each(Object.entries(FAMILIES))('%s equals the interpreter bit for bit on both cores', (name, family) => {
  for (let seed = SEED; seed < SEED + COUNT; seed++) {
    const made = emittedCase(family, createRng(seed).fork(name), seed)
    for (const { board } of CORES) checkEmitted(made, board, `seed ${seed} on ${board}`)
  }
})
