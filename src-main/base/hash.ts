import { createHash } from 'node:crypto'

/** SHA-256 as lower-case hex. */
export const sha256 = (data: Uint8Array | string) => createHash('sha256').update(data).digest('hex')

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1
  return c >>> 0
})

/** CRC-32 (IEEE 802.3, reflected, as zlib computes it). `seed` continues an earlier result. */
export function crc32(data: Uint8Array, seed = 0): number {
  let c = ~seed >>> 0
  for (let i = 0; i < data.length; i++) c = CRC_TABLE[(c ^ data[i]!) & 0xff]! ^ (c >>> 8)
  return ~c >>> 0
}
