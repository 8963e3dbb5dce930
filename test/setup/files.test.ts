import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { newestChange } from '../../scripts/build.mjs'
import { withLock } from '../../scripts/setup/lock.mjs'
import { hasIntegrity } from '../../scripts/setup/npm-package.mjs'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-files-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test("the registry's hash is checked over every byte", async () => {
  const file = join(folder, 'a')
  // FIPS 180-2's own example for SHA-512.
  writeFileSync(file, 'abc')
  const abc = 'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=='
  expect(await hasIntegrity(file, abc)).toBe(true)
  writeFileSync(file, 'abd')
  expect(await hasIntegrity(file, abc)).toBe(false)
})

describe('the lock', () => {
  test('one set-up at a time', async () => {
    let running = 0
    let most = 0
    const work = async () => {
      most = Math.max(most, ++running)
      await new Promise((resolve) => setTimeout(resolve, 30))
      running--
    }
    await Promise.all([withLock(work, folder), withLock(work, folder), withLock(work, folder)])
    expect(most).toBe(1)
    expect(existsSync(join(folder, 'setup.lock'))).toBe(false)
  })

  test('one that was killed is no obstacle', async () => {
    // No process has the number 2^22 + 1: Linux stops at 2^22.
    writeFileSync(join(folder, 'setup.lock'), String(2 ** 22 + 1))
    expect(await withLock(async () => 'done', folder)).toBe('done')
  })

  test('it is released when the work fails', async () => {
    await expect(withLock(() => Promise.reject(new Error('no')), folder)).rejects.toThrow('no')
    expect(existsSync(join(folder, 'setup.lock'))).toBe(false)
  })

  test('it names its owner', async () =>
    withLock(async () => expect(readFileSync(join(folder, 'setup.lock'), 'utf8')).toBe(String(process.pid)), folder))
})

test('a changed source is seen, and so is a removed one', () => {
  const file = join(folder, 'a.ts')
  writeFileSync(file, '')
  utimesSync(file, 2_000_000_000, 2_000_000_000)
  expect(newestChange(folder)).toBe(2_000_000_000_000)
  rmSync(file)
  expect(newestChange(folder)).toBe(statSync(folder).mtimeMs)
})
