import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, it } from 'vitest'
import { storePath } from '../../src-main/jobs/store-path.ts'

it.each([
  ['what was asked for', 'here', { THIMBLE_STORE: '/there', XDG_DATA_HOME: '/data' }, 'linux', resolve('here')],
  ['THIMBLE_STORE', undefined, { THIMBLE_STORE: '/there', XDG_DATA_HOME: '/data' }, 'linux', '/there'],
  ['XDG_DATA_HOME', undefined, { XDG_DATA_HOME: '/data' }, 'linux', join('/data', 'thimble')],
  ["Linux's own place", undefined, {}, 'linux', join(homedir(), '.local', 'share', 'thimble')],
  ["macOS's own place", undefined, {}, 'darwin', join(homedir(), 'Library', 'Application Support', 'thimble')],
  ['APPDATA', undefined, { APPDATA: '/roaming' }, 'win32', join('/roaming', 'thimble')],
] as const)('a store lies in %s', (_, asked, env, platform, expected) => {
  expect(storePath(asked, env, platform)).toBe(expected)
})
