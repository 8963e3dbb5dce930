import fc from 'fast-check'
import { expect, test } from 'vitest'
import { broadcastShape, broadcastStrides, padBefore, validTaps, windowOutputSize } from '../../src-main/ir/shapes.ts'

const window = fc.record({
  input: fc.integer({ min: 1, max: 40 }),
  filter: fc.integer({ min: 1, max: 9 }),
  stride: fc.integer({ min: 1, max: 5 }),
  dilation: fc.integer({ min: 1, max: 3 }),
})
const run = { seed: 11, numRuns: 3000 }

test('VALID: as many windows as fit wholly', () => {
  fc.assert(
    fc.property(window, ({ input, filter, stride, dilation }) => {
      let windows = 0
      for (let from = 0; from + (filter - 1) * dilation < input; from += stride) windows++
      expect(Math.max(0, windowOutputSize('valid', input, filter, stride, dilation))).toBe(windows)
      if (windows > 0) expect(padBefore(input, windows, filter, stride, dilation)).toBe(0)
    }),
    run,
  )
})

test('SAME: a window for each stride, every input element in reach, the odd padding behind', () => {
  fc.assert(
    fc.property(window, ({ input, filter, stride, dilation }) => {
      const output = windowOutputSize('same', input, filter, stride, dilation)
      expect(output).toBe(Math.ceil(input / stride))
      const before = padBefore(input, output, filter, stride, dilation)
      const last = (output - 1) * stride + (filter - 1) * dilation - before
      const after = Math.max(0, last - (input - 1))
      if (before > 0) expect([0, 1]).toContain(after - before)
    }),
    run,
  )
})

test('validTaps: exactly the taps inside the input', () => {
  fc.assert(
    fc.property(window, fc.integer({ min: -12, max: 40 }), ({ input, filter, dilation }, origin) => {
      const inside = Array.from({ length: filter }, (_, tap) => tap).filter((tap) => {
        const at = origin + tap * dilation
        return at >= 0 && at < input
      })
      const [from, to] = validTaps(origin, input, filter, dilation)
      expect(Array.from({ length: to - from }, (_, i) => from + i)).toEqual(inside)
    }),
    run,
  )
})

test.each([
  [
    [2, 1, 4],
    [3, 1],
    [2, 3, 4],
  ],
  [[5], [], [5]],
  [[1], [7, 1], [7, 1]],
  [[2, 3], [3, 2], undefined],
])('broadcast of %j and %j is %j', (a, b, expected) => {
  expect(broadcastShape(a, b)).toEqual(expected)
})

test('broadcast strides are 0 where an element repeats', () => {
  expect(broadcastStrides([3, 1], [2, 3, 4])).toEqual([0, 1, 0])
  expect(broadcastStrides([2, 1, 4], [2, 3, 4])).toEqual([4, 0, 1])
})
