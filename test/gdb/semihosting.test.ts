// What a program says through semihosting while gdb-multiarch has it, and how it ends.

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import { serveGdb } from '../../src-main/emulator/servers/gdb.ts'
import type { Server } from '../../src-main/emulator/servers/loopback.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { Workbench } from '../emulator/toolchain.ts'
import { runGdb, TIMEOUT_MS } from './gdb.ts'

let bench: Workbench
let elf: string
let board: VirtualBoard
let server: Server

beforeAll(async () => {
  bench = await Workbench.open()
  elf = (await bench.build('semihosting', [`${process.cwd()}/test/gdb/semihosting.c`], { flags: ['-g'] })).path
})
afterAll(() => bench.close())

function expectInOrder(said: string, ...texts: readonly string[]): void {
  let rest = said
  for (const text of texts) {
    expect(rest).toContain(text)
    rest = rest.slice(rest.indexOf(text) + text.length)
  }
}

describe.each(BOARDS)('$id', (data) => {
  beforeEach(async () => {
    board = await openVirtualBoard(data)
    server = await serveGdb(0, { data, openProbe: () => openStlinkProbe(board.stlink, { serial: 'gdb' }) })
  })
  afterEach(async () => {
    await server.close()
    await board.close()
  })
  const gdb = (...commands: string[]) => runGdb(server.port, elf, ['load', 'monitor reset', ...commands])

  it('prints in the debugger, stops where it is told to, and ends with its code', { timeout: TIMEOUT_MS }, async () => {
    const said = await gdb('break half_way', 'continue', 'print refused', 'continue', 'print read_back', 'continue')
    expectInOrder(
      said,
      ...['42 2.500 Grüße\n', 'so it takes more\n', 'one by one\n', 'aside\n', 'Breakpoint 1, half_way', '$1 = -1\n'],
      ...['Breakpoint 1, half_way', '$2 = 0\n', 'exited with code 021'],
    )
    expect(said).not.toContain('SIGTRAP')
  })

  it('stops at a breakpoint that is set on a call, and steps over it', { timeout: TIMEOUT_MS }, async () => {
    const said = await gdb(
      ...['break *(int)&the_call', 'continue', 'print (int)$pc - (int)&the_call', 'stepi'],
      ...['print (int)$pc - (int)&the_call', 'delete', 'tbreak half_way', 'continue'],
    )
    expectInOrder(
      said,
      ...['Grüße\n', 'Breakpoint 1, call', '$1 = 0\n', 'so it takes more\n', '$2 = 2\n', 'one by one\n'],
      'Temporary breakpoint 2, half_way',
    )
  })
})
