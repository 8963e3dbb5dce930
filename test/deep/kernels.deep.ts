import { test } from 'vitest'
import { expectEqualToInterpreter } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { RANDOM_OPS } from '../firmware/random-ops.ts'

const COUNT = Number(process.env['THIMBLE_DEEP_COUNT'])
const SEED = Number(process.env['THIMBLE_SEED'])

test.each(Object.entries({ ...RANDOM_OPS, networks: randomNetwork }))(
  '%s equals the interpreter bit for bit',
  (_name, make) => {
    expectEqualToInterpreter(make, COUNT, SEED)
  },
)
