import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { damagedModel } from '../firmware/damage.ts'
import { runHostFirmware } from '../firmware/host-firmware.ts'

const COUNT = Number(process.env['THIMBLE_DEEP_COUNT'])
const SEED = Number(process.env['THIMBLE_SEED'])

test('the runtime refuses a damaged model or runs it within its memory', () => {
  const cases = Array.from({ length: COUNT }, (_, i) => damagedModel(createRng(SEED + i)))
  expect(runHostFirmware(cases)).toHaveLength(COUNT) // a sanitizer's report ends the program
})
