import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { forgetKey, listKeys, ownSigner, requireKnownSigner, trustKey } from '../../src-main/jobs/signing-keys.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { thimbleError, thimbleJson } from '../cli/command-line.ts'
import { SMALL_MODEL } from '../pack/small-model.ts'

const plan = planModel(SMALL_MODEL, findBoardData('stm32f407')!)

let root: string
let here: string
let elsewhere: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'thimble-keys-'))
  here = join(root, 'here', 'keys')
  elsewhere = join(root, 'elsewhere', 'keys')
})
afterEach(() => rmSync(root, { recursive: true }))

const keyOf = (folder: string) => listKeys(folder)[0]!.publicKey

test('the key of an installation is made once, and nobody else may read it', () => {
  const key = keyOf(here)
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(keyOf(here)).toBe(key)
  expect(keyOf(elsewhere)).not.toBe(key)
  expect(statSync(join(here, 'own.pem')).mode & 0o777).toBe(0o600)
})

describe('a packed model', () => {
  test('of this installation is taken, of another one when its key is known', () => {
    const own = packModel(plan, ownSigner(here)).blob
    const foreign = packModel(plan, ownSigner(elsewhere)).blob
    expect(requireKnownSigner(here, own)).toMatchObject({ name: 'this installation' })
    const publicKey = keyOf(elsewhere)
    expect(() => requireKnownSigner(here, foreign)).toThrowError(
      expect.objectContaining({ code: 'BLOB_UNTRUSTED', context: { public_key: publicKey } }),
    )
    trustKey(here, { publicKey, name: 'the bench next door' })
    expect(requireKnownSigner(here, foreign)).toEqual({ publicKey, name: 'the bench next door' })
    forgetKey(here, publicKey)
    expect(() => requireKnownSigner(here, foreign)).toThrowError(/not known here/)
  })

  test('that nobody signed, or that was changed, is not', () => {
    expect(() => requireKnownSigner(here, packModel(plan).blob)).toThrowError(/Nobody has signed/)
    const changed = packModel(plan, ownSigner(here)).blob
    changed[changed.length - 200]! ^= 1
    expect(() => requireKnownSigner(here, changed)).toThrowError(/was changed after it was signed/)
  })
})

test('a file that is no key and one that is no list have their own error', () => {
  keyOf(here)
  writeFileSync(join(here, 'known.json'), '{"a":1}')
  expect(() => listKeys(here)).toThrowError(expect.objectContaining({ code: 'SIGNING_KEY_WRONG' }))
  writeFileSync(join(here, 'own.pem'), 'nothing')
  expect(() => ownSigner(here)).toThrowError(expect.objectContaining({ code: 'SIGNING_KEY_WRONG' }))
})

test('thimble keys lists, trusts and forgets', async () => {
  const store = join(root, 'here')
  const key = keyOf(elsewhere)
  const own = { publicKey: keyOf(here), name: 'this installation' }
  expect(await thimbleJson(['keys', 'list'], store)).toEqual([own])
  const both = [own, { publicKey: key, name: 'lab' }]
  expect(await thimbleJson(['keys', 'trust', key.toUpperCase(), 'lab'], store)).toEqual(both)
  expect(await thimbleJson(['keys', 'trust', key, 'lab'], store)).toEqual(both)
  expect(await thimbleJson(['keys', 'forget', key], store)).toEqual([own])
  expect(await thimbleError(['keys', 'forget', key], store)).toMatchObject({ code: 'SIGNING_KEY_WRONG' })
  for (const argv of [
    ['keys', 'trust', key],
    ['keys', 'trust', 'abc', 'x'],
    ['keys', 'sell'],
    ['keys', 'forget'],
  ])
    expect(await thimbleError(argv, store)).toMatchObject({ code: 'USAGE' })
})
