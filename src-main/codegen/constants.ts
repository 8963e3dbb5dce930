// The data a kernel reads in order: weights as its multiplications want them, biases, requantise constants. Little-endian.

export interface ConstantsWriter {
  /** 32-bit words, signed or not; more than 32 bits is a fault of the emitter */
  words(...values: number[]): void
  /** two halfwords as SMLAD multiplies them: the lower first */
  pair(low: number, high: number): void
  readonly byteLength: number
  finish(): Uint8Array
}

export function createConstantsWriter(): ConstantsWriter {
  const words: number[] = []
  return {
    words(...values) {
      for (const value of values) {
        if (!Number.isInteger(value) || value < -2147483648 || value > 0xffffffff)
          throw new RangeError(`${value} is no 32-bit word`)
        words.push(value >>> 0)
      }
    },
    pair(low, high) {
      for (const value of [low, high])
        if (!Number.isInteger(value) || value < -32768 || value > 32767)
          throw new RangeError(`${value} is no 16-bit weight`)
      words.push(((low & 0xffff) | (high << 16)) >>> 0)
    },
    get byteLength() {
      return words.length * 4
    },
    finish() {
      const bytes = new Uint8Array(words.length * 4)
      const view = new DataView(bytes.buffer)
      for (const [i, word] of words.entries()) view.setUint32(i * 4, word, true)
      return bytes
    },
  }
}
