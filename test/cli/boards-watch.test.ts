// `thimble boards --watch` as a process of its own.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { bundleForChild } from '../store/child-bundle.ts'

it('prints a line of JSON for each board there is, goes on, and ends cleanly with SIGINT', async () => {
  const cli = await bundleForChild('src-main/cli/main.ts', 'cli-watch')
  const child = spawn(process.execPath, [cli, 'boards', '--watch'])
  let stdout = ''
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()))
  const ended = once(child, 'close')
  const lines = () => stdout.split('\n').slice(0, -1)
  await expect.poll(() => lines().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(BOARDS.length)
  expect(child.exitCode).toBeNull()
  child.kill('SIGINT')
  expect(await ended).toEqual([0, null])
  const told = lines().map((line) => JSON.parse(line) as { change: string; board: { id: string; kind: string } })
  expect(told.filter(({ board }) => board.kind === 'virtual')).toMatchObject(
    BOARDS.map(({ id }) => ({ change: 'present', board: { id: `virtual:${id}`, state: 'ready' } })),
  )
}, 40_000)
