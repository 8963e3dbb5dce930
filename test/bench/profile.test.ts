import { expect, test } from 'vitest'
import { instructionsPerOp } from '../../src-main/bench/profile.ts'
import { MARK_END } from '../../src-main/device/link-protocol.ts'

const mark = (value: number, instructions: number) => ({ value, instructions, cycles: 2 * instructions })

test('instructions of an op lie between its mark and the next', () => {
  expect(instructionsPerOp([mark(0, 1000), mark(1, 1300), mark(2, 1310), mark(MARK_END, 1400)], 3)).toEqual([
    300, 10, 90,
  ])
})

test('what happens between two runs of one inference counts for no op', () => {
  const marks = [mark(0, 100), mark(MARK_END, 150), mark(1, 9000), mark(MARK_END, 9020)]
  expect(instructionsPerOp(marks, 2)).toEqual([50, 20])
})

test('a missing mark is an error, not a zero', () => {
  expect(() => instructionsPerOp([mark(0, 100), mark(MARK_END, 150)], 2)).toThrow('no mark for op 1')
})
