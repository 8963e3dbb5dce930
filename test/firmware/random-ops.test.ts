import { test } from 'vitest'
import { expectEqualToInterpreter } from './equal-to-interpreter.ts'
import { movingNetwork } from './moving-network.ts'
import { randomNetwork } from './random-networks.ts'
import { RANDOM_OPS } from './random-ops.ts'

// `npm run test:deep -- kernels` does more of these.
const CASES = 150

test.each(Object.entries(RANDOM_OPS))('%s equals the interpreter bit for bit', (_name, make) => {
  expectEqualToInterpreter(make, CASES, 1_000_000)
})

test('networks that move values about equal the interpreter at every op', () => {
  expectEqualToInterpreter(movingNetwork, CASES, 4_000_000)
})

test('networks with branches equal the interpreter at every op', () => {
  expectEqualToInterpreter(randomNetwork, CASES, 2_000_000)
})
