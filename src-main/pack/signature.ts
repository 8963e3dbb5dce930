// Who packed a blob: an Ed25519 signature (RFC 8032) in its SIGN section, over everything but itself and the CRC. Machine
// code runs on the chip as it is, so that a blob from elsewhere is written to a board only when its signer is known.

import { createPublicKey, verify, type KeyObject } from 'node:crypto'
import { HEADER, SECTION, SECTION_TYPES, SIGNATURE, layoutBytes } from './layout.ts'
import { readStruct } from './struct.ts'

const PUBLIC_KEY_BYTES = 32
const SIGNATURE_BYTES = 64
const CRC_AT = 12

export interface Signer {
  /** 32 bytes */
  publicKey: Uint8Array
  /** 64 bytes */
  sign(message: Uint8Array): Uint8Array
}

export interface SignedBy {
  /** 64 hex digits */
  publicKey: string
  /** whether that key signed these very bytes */
  valid: boolean
}

/** Fills the SIGN section that the blob has. */
export function sign(blob: Uint8Array, { publicKey, sign: signMessage }: Signer): void {
  const at = findSection(blob)!
  blob.set(publicKey, at)
  blob.set(signMessage(messageOf(blob, at)), at + PUBLIC_KEY_BYTES)
}

/** Null where nobody signed it. `blob` may be anything; what follows the packed model in it does not matter. */
export function readSignature(blob: Uint8Array): SignedBy | null {
  const bytes = blob.subarray(0, totalBytes(blob))
  const at = findSection(bytes)
  if (at === null) return null
  const key = bytes.subarray(at, at + PUBLIC_KEY_BYTES)
  const signature = bytes.subarray(at + PUBLIC_KEY_BYTES, at + PUBLIC_KEY_BYTES + SIGNATURE_BYTES)
  return {
    publicKey: Buffer.from(key).toString('hex'),
    valid: verify(null, messageOf(bytes, at), publicKeyOf(key), signature),
  }
}

/** A key as RFC 8410 writes it, without the wrapping. */
export const rawPublicKey = (key: KeyObject): Uint8Array =>
  new Uint8Array(Buffer.from(key.export({ format: 'jwk' }).x!, 'base64url'))

const publicKeyOf = (raw: Uint8Array) =>
  createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(raw).toString('base64url') } })

function totalBytes(blob: Uint8Array): number {
  if (blob.length < layoutBytes(HEADER)) return 0
  const { total_bytes } = readStruct(HEADER, new DataView(blob.buffer, blob.byteOffset, blob.byteLength), 0)
  return Math.min(total_bytes, blob.length)
}

/** Where the SIGN section is, when it is whole and the only one. */
function findSection(blob: Uint8Array): number | null {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength)
  if (blob.length < layoutBytes(HEADER)) return null
  const { section_count } = readStruct(HEADER, view, 0)
  const found: number[] = []
  for (let i = 0; i < section_count; i++) {
    const entry = layoutBytes(HEADER) + i * layoutBytes(SECTION)
    if (entry + layoutBytes(SECTION) > blob.length) return null
    const { type, offset, bytes } = readStruct(SECTION, view, entry)
    if (type !== SECTION_TYPES.SIGN) continue
    if (bytes !== layoutBytes(SIGNATURE) || offset + bytes > blob.length) return null
    found.push(offset)
  }
  return found.length === 1 ? found[0]! : null
}

function messageOf(blob: Uint8Array, at: number): Uint8Array {
  const message = new Uint8Array(blob)
  message.fill(0, CRC_AT, CRC_AT + 4)
  message.fill(0, at + PUBLIC_KEY_BYTES, at + PUBLIC_KEY_BYTES + SIGNATURE_BYTES)
  return message
}
