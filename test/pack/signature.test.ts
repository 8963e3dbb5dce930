import { generateKeyPairSync, sign as signWith } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { HEADER, SECTION, layoutBytes } from '../../src-main/pack/layout.ts'
import { readPackedModel } from '../../src-main/pack/reader.ts'
import { rawPublicKey, readSignature } from '../../src-main/pack/signature.ts'
import { packModel, sealBlob } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { setWord } from '../firmware/damage.ts'
import { runHostFirmware } from '../firmware/host-firmware.ts'
import { SMALL_MODEL } from './small-model.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const signer = {
  publicKey: rawPublicKey(publicKey),
  sign: (message: Uint8Array) => new Uint8Array(signWith(null, message, privateKey)),
}
const hex = Buffer.from(signer.publicKey).toString('hex')
const plan = planModel(SMALL_MODEL, findBoardData('stm32f407')!)
const unsigned = packModel(plan)
const signed = packModel(plan, signer)

describe('a signed blob', () => {
  test('says who signed it, and is the same model', () => {
    expect(readSignature(signed.blob)).toEqual({ publicKey: hex, valid: true })
    const model = readPackedModel(signed.blob)
    expect(model.modelId).toBe(signed.modelId)
    expect(model.records).toEqual(readPackedModel(unsigned.blob).records)
    expect(signed.flashBytes.total).toBe(signed.blob.length)
    expect(packModel(plan, signer).blob).toEqual(signed.blob)
  })

  test('has the same model id whoever signs it', () => {
    const other = { publicKey: new Uint8Array(32).fill(7), sign: () => new Uint8Array(64).fill(9) }
    expect(packModel(plan, other).modelId).toBe(signed.modelId)
    expect(readSignature(packModel(plan, other).blob)).toMatchObject({ valid: false })
  })

  test('does not hold once a byte is changed, wherever, and the CRC made right again', () => {
    for (let at = 0; at < signed.blob.length; at++) {
      if (at >= 12 && at < 16) continue // the CRC itself, which the seal writes
      const changed = signed.blob.slice()
      changed[at]! ^= 1
      sealBlob(changed)
      expect(readSignature(changed)?.valid ?? false, `byte ${at}`).toBe(false)
    }
  })

  test('may stand at the start of more flash than it fills', () => {
    const flash = new Uint8Array(signed.blob.length + 1000).fill(0xff)
    flash.set(signed.blob)
    const before = flash.slice()
    expect(readSignature(Buffer.from(flash.buffer))).toEqual({ publicKey: hex, valid: true })
    expect(flash).toEqual(before)
  })

  test('runs on the firmware, which refuses a SIGN section of another size', () => {
    const one = { arenaBytes: plan.arenaBytes, inputs: [new Uint8Array(32)] }
    const short = signed.blob.slice()
    setWord(short, layoutBytes(HEADER) + 3 * layoutBytes(SECTION) + 8, 92)
    sealBlob(short)
    const results = runHostFirmware([signed.blob, unsigned.blob, short].map((blob) => ({ ...one, blob })))
    expect(results.map(({ status }) => status)).toEqual(['OK', 'OK', 'BAD_SECTION'])
    expect(results[0]!.runs).toEqual(results[1]!.runs)
  })
})

test('an unsigned blob, a cut one and noise have no signature', () => {
  expect(readSignature(unsigned.blob)).toBeNull()
  for (let length = 0; length < signed.blob.length; length += 3) {
    expect(readSignature(signed.blob.subarray(0, length))?.valid ?? false).toBe(false)
  }
  const rng = createRng(3)
  for (let i = 0; i < 200; i++) {
    const noise = Uint8Array.from({ length: rng.int(300) }, () => rng.int(256))
    expect(readSignature(noise)?.valid ?? false).toBe(false)
  }
})
