import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { installMatchesLock, nodeModulesAreCurrent } from '../../scripts/setup/node-modules.mjs'

const lock = {
  packages: {
    '': { version: '0.1.0' },
    'node_modules/a': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/b': { version: '2.0.0', integrity: 'sha512-b' },
    'node_modules/b-win32': { version: '2.0.0', integrity: 'sha512-w', optional: true },
  },
}
const { '': _root, 'node_modules/b-win32': _other, ...installed } = lock.packages

describe('what npm installed against package-lock.json', () => {
  test('an optional package of another system may be absent', () =>
    expect(installMatchesLock(lock, { packages: installed })).toBe(true))
  test('a missing package, another version, other content or one too many do not match', () => {
    const { 'node_modules/a': _a, ...withoutA } = installed
    const a = installed['node_modules/a']
    for (const packages of [
      withoutA,
      { ...installed, 'node_modules/a': { ...a, version: '1.0.1' } },
      { ...installed, 'node_modules/a': { ...a, integrity: 'sha512-x' } },
      { ...installed, 'node_modules/c': a },
    ])
      expect(installMatchesLock(lock, { packages })).toBe(false)
  })
})

describe('in a checkout', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'thimble-setup-'))
    writeFileSync(join(root, 'package-lock.json'), JSON.stringify(lock))
  })
  afterEach(() => rmSync(root, { recursive: true }))

  test('an install that was killed has no record, so it is done again', () => {
    expect(nodeModulesAreCurrent(root)).toBe(false)
    mkdirSync(join(root, 'node_modules'))
    expect(nodeModulesAreCurrent(root)).toBe(false)
    writeFileSync(join(root, 'node_modules', '.package-lock.json'), JSON.stringify({ packages: installed }))
    expect(nodeModulesAreCurrent(root)).toBe(true)
  })
})
