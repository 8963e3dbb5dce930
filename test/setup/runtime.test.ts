import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findRuntime, runChild } from '../../scripts/runtime.mjs'
import { fallbackStamp } from '../../scripts/setup/electron-fallback.mjs'
import { afterFailure, classifyFailure } from '../../scripts/setup/electron-official.mjs'
import { electronArguments, hasDisplay } from '../../scripts/start.mjs'

describe('which Electron runs', () => {
  let folder: string
  let electron: string
  let fallback: string
  const write = (file: string, text: string) => {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const official = (version: string) => {
    write(join(electron, 'path.txt'), 'electron')
    write(join(electron, 'dist', 'version'), version)
    write(join(electron, 'dist', 'electron'), '')
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'thimble-runtime-'))
    electron = join(folder, 'electron')
    fallback = join(folder, 'fallback')
    write(join(electron, 'package.json'), '{ "version": "45.4.1" }')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  test('none at first', () => expect(findRuntime(electron, fallback)).toBeNull())

  test('the official binary of the locked version, whatever else is there', () => {
    official('v45.4.1')
    write(join(fallback, 'built-from.txt'), fallbackStamp())
    expect(findRuntime(electron, fallback)).toEqual({
      kind: 'official',
      version: '45.4.1',
      executable: join(electron, 'dist', 'electron'),
      env: {},
    })
  })

  test('not an official binary of another version, nor one that was unpacked half-way', () => {
    official('45.4.0')
    expect(findRuntime(electron, fallback)).toBeNull()
    official('45.4.1')
    rmSync(join(electron, 'path.txt'))
    expect(findRuntime(electron, fallback)).toBeNull()
  })

  test('the fallback brings its own SQLite; one of another recipe does not count', () => {
    write(join(fallback, 'built-from.txt'), 'an older recipe')
    expect(findRuntime(electron, fallback)).toBeNull()
    write(join(fallback, 'built-from.txt'), fallbackStamp())
    expect(findRuntime(electron, fallback)).toMatchObject({
      kind: 'fallback',
      executable: join(fallback, 'dist', 'electron'),
      env: {
        ELECTRON_OVERRIDE_DIST_PATH: join(fallback, 'dist'),
        THIMBLE_SQLITE_MODULE: join(fallback, 'sqlite', 'node_modules', 'better-sqlite3'),
      },
    })
  })
})

describe("when Electron's download fails", () => {
  test.each([
    ['fetch https://example.test/x: ENOTFOUND\nTypeError: fetch failed', 'unreachable'],
    ['fetch https://example.test/x: ECONNREFUSED', 'unreachable'],
    ['HTTPError: Response code 403 (Forbidden) for https://example.test/x', 'unreachable'],
    ['fetch https://example.test/x: UND_ERR_CONNECT_TIMEOUT', 'transient'],
    ['fetch https://example.test/x: EAI_AGAIN', 'transient'],
    ['HTTPError: Response code 503 (Service Unavailable) for https://example.test/x', 'transient'],
    ['ChecksumMismatchError: Generated checksum for "electron.zip" did not match expected checksum.', 'broken'],
    ['HTTPError: Response code 404 (Not Found) for https://example.test/x', 'broken'],
    ['Error: ENOSPC: no space left on device, write', 'broken'],
    ['fetch https://example.test/x: SELF_SIGNED_CERT_IN_CHAIN', 'broken'],
  ])('%s is %s', (output, kind) => expect(classifyFailure(output)).toBe(kind))

  test('a host that is not there is believed at once, a time-out only the third time, a wrong hash never', () => {
    expect(afterFailure('unreachable', 1)).toBe('unreachable')
    expect([1, 2, 3].map((attempt) => afterFailure('transient', attempt))).toEqual(['retry', 'retry', 'unreachable'])
    expect([1, 2, 3].map((attempt) => afterFailure('broken', attempt))).toEqual(['stop', 'stop', 'stop'])
  })

  test("the installer's own error becomes readable", async () => {
    const preload = join(import.meta.dirname, '..', '..', 'scripts', 'setup', 'tell-fetch-failure.cjs')
    const log = join(mkdtempSync(join(tmpdir(), 'thimble-fetch-')), 'stderr')
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    await new Promise((resolve) => server.close(resolve))
    const program = `fetch('http://127.0.0.1:${port}/').catch(() => process.exit(3))`
    const exitCode = await runChild('sh', [
      '-c',
      '"$0" -r "$1" -e "$2" 2> "$3"',
      process.execPath,
      preload,
      program,
      log,
    ])
    expect(exitCode).toBe(3)
    expect(classifyFailure(readFileSync(log, 'utf8'))).toBe('unreachable')
    rmSync(dirname(log), { recursive: true })
  })
})

describe('a child process', () => {
  test('its exit code is passed on, a signal as the shell does', async () => {
    expect(await runChild('sh', ['-c', 'exit 7'])).toBe(7)
    expect(await runChild('sh', ['-c', 'kill -TERM $$'])).toBe(143)
  })
  test('one that does not exist is an error', async () =>
    expect(runChild('/nonexistent/electron', [])).rejects.toThrow('ENOENT'))
})

test('the window opens where there is a display', () => {
  expect(hasDisplay({ platform: 'linux', env: {} })).toBe(false)
  expect(hasDisplay({ platform: 'linux', env: { DISPLAY: '' } })).toBe(false)
  expect(hasDisplay({ platform: 'linux', env: { DISPLAY: ':0' } })).toBe(true)
  expect(hasDisplay({ platform: 'linux', env: { WAYLAND_DISPLAY: 'wayland-0' } })).toBe(true)
  expect(hasDisplay({ platform: 'darwin', env: {} })).toBe(true)
  expect(hasDisplay({ platform: 'win32', env: {} })).toBe(true)
})

test('only root does without the sandbox', () => {
  expect(electronArguments({ uid: 0 })).toEqual(['--no-sandbox'])
  expect(electronArguments({ uid: 1000 })).toEqual([])
  expect(electronArguments({ uid: undefined })).toEqual([])
})
