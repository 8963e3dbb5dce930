import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flashHash } from '../../src-main/device/flash-hash.ts'

const hex = (bytes: Uint8Array) =>
  flashHash(bytes)
    .map((word) => word.toString(16).padStart(8, '0'))
    .join('')

const words = fc.uint8Array({ minLength: 1, maxLength: 64 }).map((bytes) => {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  padded.set(bytes)
  return padded
})

describe('the hash of flash', () => {
  test('is MurmurHash3_x86_128: the value that its implementations test themselves with, over a tail of three words', () => {
    expect(hex(new TextEncoder().encode('I will not buy this record, it is scratched.'))).toBe(
      'a0a9683b25ac5e40d9af2895890dddf5',
    )
  })

  test('is another one after any change within a block of 16 bytes', () => {
    const change = fc.record({ block: fc.nat(), bytes: fc.uint8Array({ minLength: 16, maxLength: 16 }) })
    fc.assert(
      fc.property(words, change, (bytes, { block, bytes: other }) => {
        const changed = bytes.slice()
        const at = 16 * (block % Math.ceil(bytes.length / 16))
        for (let i = at; i < Math.min(at + 16, bytes.length); i++) changed[i]! ^= other[i - at]!
        expect(hex(changed) === hex(bytes)).toBe(Buffer.compare(changed, bytes) === 0)
      }),
      { seed: 5, numRuns: 500 },
    )
  })

  test('tells lengths apart', () => {
    const all = Array.from({ length: 20 }, (_, count) => hex(new Uint8Array(4 * count)))
    expect(new Set(all).size).toBe(all.length)
  })
})
