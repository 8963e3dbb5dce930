import { expect, test } from 'vitest'
import { caseCount, expectEqualToInterpreter } from './equal-to-interpreter.ts'
import { randomNetwork } from './random-networks.ts'
import { RANDOM_OPS } from './random-ops.ts'

test.each(Object.entries(RANDOM_OPS))('%s equals the interpreter bit for bit', (_name, make) => {
  const count = caseCount(150)
  expect(count).toBeGreaterThan(0)
  expectEqualToInterpreter(make, count, 11)
})

test('networks with branches equal the interpreter at every op', () => {
  expectEqualToInterpreter(randomNetwork, caseCount(150), 12)
})
