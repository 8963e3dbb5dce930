// The Ed25519 key with which this installation signs what it packs, and the keys of others that it knows. Both are files in
// the storage folder: own.pem (PKCS #8, readable by its owner alone) and known.json, a list that people may edit.

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { AppError, toAppError } from '../base/errors.ts'
import { rawPublicKey, readSignature, type Signer } from '../pack/signature.ts'

const OWN_FILE = 'own.pem'
const KNOWN_FILE = 'known.json'
const OWN_NAME = 'this installation'

export const publicKeyText = z.string().regex(/^[0-9a-f]{64}$/, 'has to be a public key: 64 hexadecimal digits')
const knownKeys = z.array(z.object({ publicKey: publicKeyText, name: z.string().min(1) }))
export type KnownKey = z.infer<typeof knownKeys>[number]

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** Throws SIGNING_KEY_WRONG when a file is no key or list, DISK_FULL, FILE_UNREADABLE. */
function readText(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (thrown) {
    const error = toAppError(thrown)
    if (error.code === 'FILE_NOT_FOUND') return null
    throw error
  }
}

/** Whole or not at all, and never over one that another process has made meanwhile. */
function createOwnKey(folder: string): string {
  const file = join(folder, OWN_FILE)
  const making = `${file}.${process.pid}`
  const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(making, pem, { mode: 0o600 })
    linkSync(making, file)
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw toAppError(thrown)
  } finally {
    rmSync(making, { force: true })
  }
  return readText(file) ?? pem
}

/** This installation's signer; its key is made when there is none. Throws SIGNING_KEY_WRONG, DISK_FULL, FILE_UNREADABLE. */
export function ownSigner(folder: string): Signer {
  const file = join(folder, OWN_FILE)
  const text = readText(file) ?? createOwnKey(folder)
  try {
    const key = createPrivateKey(text)
    if (key.asymmetricKeyType !== 'ed25519') throw new Error('of another type')
    return {
      publicKey: rawPublicKey(createPublicKey(key)),
      sign: (message) => new Uint8Array(sign(null, message, key)),
    }
  } catch (cause) {
    throw new AppError('SIGNING_KEY_WRONG', `${file} holds no Ed25519 key.`, { cause })
  }
}

function readKnown(folder: string): KnownKey[] {
  const file = join(folder, KNOWN_FILE)
  const text = readText(file)
  if (text === null) return []
  try {
    return knownKeys.parse(JSON.parse(text))
  } catch (cause) {
    throw new AppError('SIGNING_KEY_WRONG', `${file} is no list of public keys and names.`, { cause })
  }
}

/** Its own key first. */
export const listKeys = (folder: string): KnownKey[] => [
  { publicKey: hex(ownSigner(folder).publicKey), name: OWN_NAME },
  ...readKnown(folder),
]

function writeKnown(folder: string, keys: readonly KnownKey[]): void {
  const file = join(folder, KNOWN_FILE)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(`${file}.${process.pid}`, `${JSON.stringify(keys, null, 2)}\n`)
    renameSync(`${file}.${process.pid}`, file)
  } catch (thrown) {
    throw toAppError(thrown)
  }
}

/** Blobs that this key has signed are taken from now on. */
export function trustKey(folder: string, key: KnownKey): KnownKey[] {
  writeKnown(folder, [...readKnown(folder).filter(({ publicKey }) => publicKey !== key.publicKey), key])
  return listKeys(folder)
}

/** Throws SIGNING_KEY_WRONG for a key that is not in the list. */
export function forgetKey(folder: string, publicKey: string): KnownKey[] {
  const keys = readKnown(folder)
  if (!keys.some((key) => key.publicKey === publicKey)) {
    throw new AppError('SIGNING_KEY_WRONG', `${publicKey} is none of the keys of others that are known.`)
  }
  writeKnown(
    folder,
    keys.filter((key) => key.publicKey !== publicKey),
  )
  return listKeys(folder)
}

/**
 * Whose signature a packed model carries. Throws BLOB_UNTRUSTED when it has none, one that is not of these bytes, or one
 * of a key that is not known; its context has the key.
 */
export function requireKnownSigner(folder: string, blob: Uint8Array): KnownKey {
  const signed = readSignature(blob)
  if (signed === null) throw new AppError('BLOB_UNTRUSTED', 'Nobody has signed the packed model.')
  if (!signed.valid) {
    throw new AppError(
      'BLOB_UNTRUSTED',
      'The packed model was changed after it was signed: its signature does not hold.',
    )
  }
  const key = listKeys(folder).find(({ publicKey }) => publicKey === signed.publicKey)
  if (key !== undefined) return key
  throw new AppError('BLOB_UNTRUSTED', `The packed model was signed by ${signed.publicKey}, which is not known here.`, {
    context: { public_key: signed.publicKey },
  })
}
