import { describe, expect, test } from 'vitest'
import { crc32 } from '../../src-main/base/hash.ts'
import { createRng } from '../../src-main/base/rng.ts'

describe('the seeded generator', () => {
  test('the same seed gives the same numbers, another seed others', () => {
    const draw = (seed: number) =>
      Array.from(
        { length: 5 },
        (
          (rng) => () =>
            rng.uint32()
        )(createRng(seed)),
      )
    expect(draw(7)).toEqual(draw(7))
    expect(draw(7)).not.toEqual(draw(8))
  })

  test('a fork does not depend on what its parent drew before', () => {
    const a = createRng(3)
    const b = createRng(3)
    b.uint32()
    expect(a.fork('noise').uint32()).toBe(b.fork('noise').uint32())
    expect(a.fork('noise').uint32()).not.toBe(a.fork('speed').uint32())
  })

  test('the order of labels matters, and forking twice by one label is not the start again', () => {
    const rng = createRng(3)
    expect(rng.fork('a').fork('b').uint32()).not.toBe(rng.fork('b').fork('a').uint32())
    expect(rng.fork('a').fork('a').uint32()).not.toBe(createRng(3).uint32())
  })

  test('uniform and normal have the moments they should', () => {
    const rng = createRng(1)
    const n = 20_000
    let sum = 0
    let square = 0
    let mean = 0
    for (let i = 0; i < n; i++) {
      const z = rng.normal()
      sum += z
      square += z * z
      mean += rng.float()
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.03)
    expect(Math.abs(square / n - 1)).toBeLessThan(0.05)
    expect(Math.abs(mean / n - 0.5)).toBeLessThan(0.01)
  })
})

test('CRC-32 gives the check value of its catalogue entry, in one piece or in two', () => {
  const digits = new TextEncoder().encode('123456789')
  expect(crc32(digits)).toBe(0xcbf43926)
  expect(crc32(digits.subarray(4), crc32(digits.subarray(0, 4)))).toBe(0xcbf43926)
})
