import { createHash } from 'node:crypto'
import { CONSTANT_BIT, WORD_BYTES, type Reference } from './layout.ts'

/** What a constant is for, as the flash budget lists it; plan: lists that are too long for an op's record. */
export type ConstantUse = 'weights' | 'biases' | 'quantization' | 'plan'

export interface ConstantSection {
  /** Stores bytes once, however often they come, and says where they are. */
  add(use: ConstantUse, values: Uint8Array | Int8Array | Int32Array | Float32Array): Reference
  /** the whole section */
  data(): Uint8Array
  /** bytes of each use, with the padding behind each constant */
  readonly sizes: Readonly<Record<ConstantUse, number>>
}

export function createConstantSection(): ConstantSection {
  const chunks: Uint8Array[] = []
  const known = new Map<string, Reference>()
  const sizes: Record<ConstantUse, number> = { weights: 0, biases: 0, quantization: 0, plan: 0 }
  let end = 0
  return {
    sizes,
    add(use, values) {
      const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
      const key = createHash('sha256').update(raw).digest('hex')
      const before = known.get(key)
      if (before) return before
      const padded = new Uint8Array(Math.ceil(raw.length / WORD_BYTES) * WORD_BYTES)
      padded.set(raw)
      const reference = { offset: (CONSTANT_BIT | end) >>> 0, bytes: raw.length }
      chunks.push(padded)
      known.set(key, reference)
      sizes[use] += padded.length
      end += padded.length
      return reference
    },
    data: () => Buffer.concat(chunks),
  }
}
