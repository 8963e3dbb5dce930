// `thimble board serve` as a process of its own.

import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { bundleServer } from './board-server.ts'
import { thimbleError } from './command-line.ts'

let serve: Awaited<ReturnType<typeof bundleServer>>

beforeAll(async () => {
  serve = await bundleServer()
})

it('says where it listens in one line, serves, and ends cleanly with SIGINT', async () => {
  const { child, ended, at } = await serve('virtual:stm32f407', '--stlink-tcp', '0', '--probe', 'v2-1')
  expect(at).toMatchObject({ board: 'virtual:stm32f407', probe: 'v2-1' })
  const socket = connect(at.stlinkTcp!, '127.0.0.1')
  socket.write(Uint8Array.of(6, 1, 0, 0))
  const [version] = (await once(socket, 'data')) as [Buffer]
  expect(version).toHaveLength(16)
  child.kill('SIGINT')
  const { code, stdout } = await ended
  expect(code).toBe(0)
  expect(stdout.trim().split('\n')).toHaveLength(1)
}, 30_000)

it('serves its serial line at a link, and takes the link away when it ends', async () => {
  const link = join(mkdtempSync(join(tmpdir(), 'thimble-uart-')), 'uart')
  const { child, ended, at } = await serve('virtual:stm32f407', '--uart', link)
  expect(at).toMatchObject({ uart: link, stlinkTcp: null, gdb: null })
  expect(realpathSync(link)).toMatch(/^\/dev\//)
  const other = await thimbleError(['board', 'serve', 'virtual:stm32f407', '--uart', link], '.')
  expect(other.code).toBe('UART_LINK_TAKEN')
  child.kill('SIGINT')
  expect((await ended).code).toBe(0)
  expect(existsSync(link)).toBe(false)
}, 30_000)

it('a serial line is no probe: nothing can be read or written through it', async () => {
  const error = await thimbleError(['board', 'backup', 'serial:/dev/ttyACM0', '--out', 'backup.bin'], '.')
  expect(error.code).toBe('SERIAL_NO_PROBE')
}, 30_000)

it('a port that is taken has its own error', async () => {
  const { child, ended, at } = await serve('virtual:stm32f407', '--stlink-tcp', '0')
  const error = await thimbleError(['board', 'serve', 'virtual:stm32f407', '--stlink-tcp', String(at.stlinkTcp)], '.')
  expect(error.code).toBe('PORT_IN_USE')
  child.kill('SIGINT')
  await ended
}, 30_000)

it.each([
  [['board', 'sell', 'virtual:stm32f407'], 'USAGE'],
  [['board', 'serve', 'virtual:pdp11'], 'BOARD_UNKNOWN'],
  [['board', 'serve', 'stlink:066DFF'], 'BOARD_UNSUPPORTED'],
  [['board', 'serve', 'virtual:stm32f407', '--stlink-tcp', '70000'], 'USAGE'],
  [['board', 'serve', 'virtual:stm32f407', '--probe', 'v9'], 'USAGE'],
])('refuses %j', async (argv, code) => {
  expect((await thimbleError(argv, '.')).code).toBe(code)
})
