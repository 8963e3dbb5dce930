// The hash by which the host and the loader tell that flash holds what it should: MurmurHash3_x86_128 (A. Appleby, public
// domain) of whole words, seed 0; firmware/loader/loader.c computes the same on the chip.
//
// Each step is a bijection of the 128-bit state, and of each word that it takes in. So a change within one aligned block of
// 16 bytes is found for certain; any other that nobody made on purpose is missed with a chance of about 2^-128. Somebody who
// wants to be missed can be: but then it is the chip that lies, and it can lie about anything.

const WORDS = 4
const BLOCK_BYTES = 4 * WORDS
const C1 = 0x239b961b
const C2 = 0xab0e9789
const C3 = 0x38b34ae5
const C4 = 0xa1e38b93

const rotate = (word: number, by: number) => (word << by) | (word >>> (32 - by))

const scramble = (word: number, first: number, by: number, second: number) =>
  Math.imul(rotate(Math.imul(word, first), by), second)

function avalanche(word: number): number {
  const first = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  const second = Math.imul(first ^ (first >>> 13), 0xc2b2ae35)
  return second ^ (second >>> 16)
}

export type FlashHash = readonly [number, number, number, number]

/** `bytes`: whole words, little-endian. The four words of the hash, without signs. */
export function flashHash(bytes: Uint8Array): FlashHash {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { length } = bytes
  let [h1, h2, h3, h4] = [0, 0, 0, 0]
  let at = 0
  for (; at + BLOCK_BYTES <= length; at += BLOCK_BYTES) {
    h1 ^= scramble(view.getInt32(at, true), C1, 15, C2)
    h1 = (Math.imul(rotate(h1, 19) + h2, 5) + 0x561ccd1b) | 0
    h2 ^= scramble(view.getInt32(at + 4, true), C2, 16, C3)
    h2 = (Math.imul(rotate(h2, 17) + h3, 5) + 0x0bcaa747) | 0
    h3 ^= scramble(view.getInt32(at + 8, true), C3, 17, C4)
    h3 = (Math.imul(rotate(h3, 15) + h4, 5) + 0x96cd1c35) | 0
    h4 ^= scramble(view.getInt32(at + 12, true), C4, 18, C1)
    h4 = (Math.imul(rotate(h4, 13) + h1, 5) + 0x32ac3b17) | 0
  }
  const left = (length - at) / 4
  if (left > 2) h3 ^= scramble(view.getInt32(at + 8, true), C3, 17, C4)
  if (left > 1) h2 ^= scramble(view.getInt32(at + 4, true), C2, 16, C3)
  if (left > 0) h1 ^= scramble(view.getInt32(at, true), C1, 15, C2)

  const mixed = spread([h1 ^ length, h2 ^ length, h3 ^ length, h4 ^ length]).map(avalanche) as Words
  return spread(mixed).map((word) => word >>> 0) as Words
}

type Words = [number, number, number, number]

/** Each word comes to depend on all of them. */
function spread([h1, h2, h3, h4]: Words): Words {
  const sum = (h1 + h2 + h3 + h4) | 0
  return [sum, (h2 + sum) | 0, (h3 + sum) | 0, (h4 + sum) | 0]
}
