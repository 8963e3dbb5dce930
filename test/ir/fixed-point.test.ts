import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  multiplyByQuantizedMultiplier,
  quantizeMultiplier,
  roundHalfAwayFromZero,
  roundingDivideByPowerOfTwo,
  saturatingRoundingDoublingHighMul,
} from '../../src-main/ir/fixed-point.ts'

// The definitions as gemmlowp and TFLite write them, in exact integers.
const wrap32 = (x: bigint) => BigInt.asIntN(32, x)

function highMul(a: bigint, b: bigint): bigint {
  if (a === -(2n ** 31n) && a === b) return 2n ** 31n - 1n
  const product = a * b
  const nudge = product >= 0n ? 2n ** 30n : 1n - 2n ** 30n
  return (product + nudge) / 2n ** 31n // BigInt division goes towards zero, as C's does
}

function divideByPot(x: bigint, exponent: bigint): bigint {
  const mask = (1n << exponent) - 1n
  const remainder = x & mask
  const threshold = (mask >> 1n) + (x < 0n ? 1n : 0n)
  return (x >> exponent) + (remainder > threshold ? 1n : 0n)
}

const multiply = (x: bigint, multiplier: bigint, shift: bigint) =>
  divideByPot(highMul(wrap32(x << (shift > 0n ? shift : 0n)), multiplier), shift > 0n ? 0n : -shift)

const edges = [
  -2147483648, -2147483647, -1073741824, -65536, -65535, -1, 0, 1, 32767, 65535, 65536, 1073741824, 2147483647,
]
const int32 = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -2147483648, max: 2147483647 }) },
  { weight: 1, arbitrary: fc.constantFrom(...edges) },
  { weight: 1, arbitrary: fc.integer({ min: -300000, max: 300000 }) },
)
const q31 = fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 })
const run = { seed: 20240601, numRuns: 30000 }

describe('against exact integers', () => {
  test('saturatingRoundingDoublingHighMul', () => {
    for (const a of edges)
      for (const b of edges)
        expect(saturatingRoundingDoublingHighMul(a, b), `${a} * ${b}`).toBe(Number(highMul(BigInt(a), BigInt(b))))
    fc.assert(
      fc.property(
        int32,
        int32,
        (a, b) => saturatingRoundingDoublingHighMul(a, b) === Number(highMul(BigInt(a), BigInt(b))),
      ),
      run,
    )
  })

  test('products that lie on a rounding boundary', () => {
    // a * 2^30 is a multiple of 2^30: every odd `a` is a tie
    fc.assert(
      fc.property(int32, fc.constantFrom(2 ** 30, -(2 ** 30)), (a, b) => {
        expect(saturatingRoundingDoublingHighMul(a, b)).toBe(Number(highMul(BigInt(a), BigInt(b))))
      }),
      { ...run, numRuns: 3000 },
    )
  })

  test('roundingDivideByPowerOfTwo', () => {
    fc.assert(
      fc.property(
        int32,
        fc.integer({ min: 0, max: 31 }),
        (x, exponent) => roundingDivideByPowerOfTwo(x, exponent) === Number(divideByPot(BigInt(x), BigInt(exponent))),
      ),
      run,
    )
  })

  test('multiplyByQuantizedMultiplier, with left shifts that wrap', () => {
    fc.assert(
      fc.property(
        int32,
        q31,
        fc.integer({ min: -31, max: 31 }),
        (x, multiplier, shift) =>
          multiplyByQuantizedMultiplier(x, multiplier, shift) ===
          Number(multiply(BigInt(x), BigInt(multiplier), BigInt(shift))),
      ),
      run,
    )
  })
})

describe('quantizeMultiplier', () => {
  test('stays within half a unit of Q31 and in its range', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -31, max: 2 ** 30, noNaN: true }), (real) => {
        const { multiplier, shift } = quantizeMultiplier(real)
        expect(multiplier).toBeGreaterThanOrEqual(2 ** 30)
        expect(multiplier).toBeLessThan(2 ** 31)
        expect(Math.abs(multiplier * 2 ** (shift - 31) - real)).toBeLessThanOrEqual(2 ** (shift - 32))
      }),
      run,
    )
  })

  test.each([
    [0, 0, 0],
    [1, 2 ** 30, 1],
    [0.5, 2 ** 30, 0],
    [0.75, 3 * 2 ** 29, 0],
    [1 - 2 ** -40, 2 ** 30, 1], // rounds up to a full Q31, which moves into the shift
    [2 ** -32, 2 ** 30, -31],
    [2 ** -33, 0, 0], // below what the right shift can reach
    [5e-324, 0, 0],
  ])('%d', (real, multiplier, shift) => {
    expect(quantizeMultiplier(real)).toEqual({ multiplier, shift })
  })

  test.each([NaN, Infinity, -1, 2 ** 31])('refuses %d', (real) => {
    expect(() => quantizeMultiplier(real)).toThrow(expect.objectContaining({ code: 'MODEL_INVALID' }))
  })
})

test.each([
  [0.5, 1],
  [-0.5, -1],
  [1.5, 2],
  [-2.5, -3],
  [0.49999999999999994, 0],
  [-7.2, -7],
])('roundHalfAwayFromZero(%d)', (x, expected) => {
  expect(roundHalfAwayFromZero(x)).toBe(expected)
})
