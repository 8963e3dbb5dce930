// Debian's OpenOCD as a client of a virtual board's ST-Link.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { findBoardData } from '../../src-main/device/board-data.ts'
import type { StlinkGeneration } from '../../src-main/device/stlink/protocol.ts'
import type { StlinkTransport } from '../../src-main/device/stlink/transport.ts'
import { serveStlinkTcp } from '../../src-main/emulator/servers/stlink-tcp.ts'
import { STLINK_MODELS } from '../../src-main/emulator/stlink/models.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'

export type Driver = 'hla' | 'dapdirect'

const ADAPTERS: Record<Driver, (port: number) => string[]> = {
  hla: (port) => ['-f', 'interface/stlink.cfg', '-c', `hla_stlink_backend tcp ${port}; transport select hla_swd`],
  dapdirect: (port) => [
    '-f',
    'interface/stlink-dap.cfg',
    '-c',
    `st-link backend tcp ${port}; transport select dapdirect_swd`,
  ],
}
const TARGETS: Readonly<Record<string, string>> = {
  stm32f407: 'stm32f4x',
  stm32f746: 'stm32f7x',
  stm32h743: 'stm32h7x',
}
const DEBUG_COMMAND = 0xf2
const TIMEOUT_MS = 170_000

export interface OpenOcd {
  board: VirtualBoard
  /** second bytes of the debug commands (F2 …) that it has sent */
  sent: ReadonlySet<number>
  /** runOpenOcd on this board */
  run(...commands: string[]): Promise<string>
  close(): Promise<void>
}

/** Runs the commands after `init`, then ends; all that they and it printed. Throws when it fails. */
export async function runOpenOcd(port: number, boardId: string, driver: Driver, commands: readonly string[]) {
  const { stderr, stdout } = await promisify(execFile)(
    'openocd',
    [
      ...['-c', 'gdb_port disabled; telnet_port disabled; tcl_port disabled'],
      ...ADAPTERS[driver](port),
      ...['-f', `target/${TARGETS[boardId]}.cfg`],
      ...['-c', ['init', ...commands.map((command) => `echo [${command}]`), 'shutdown'].join('; ')],
    ],
    { timeout: TIMEOUT_MS },
  )
  return stdout + stderr
}

export async function startOpenOcd(
  boardId: string,
  driver: Driver,
  probe: StlinkGeneration,
  api = 3,
): Promise<OpenOcd> {
  const data = findBoardData(boardId)!
  const board = await openVirtualBoard(data, { probe })
  const { productId } = STLINK_MODELS[probe]
  const sent = new Set<number>()
  const transport: StlinkTransport = {
    exchange: (commands) => {
      for (const { cdb } of commands) if (cdb[0] === DEBUG_COMMAND) sent.add(cdb[1]!)
      return board.stlink.exchange(commands)
    },
    close: () => board.stlink.close(),
  }
  const readTrace = (length: number) => board.readTrace(length)
  const server = await serveStlinkTcp(0, { transport, productId, serial: 'OPENOCD', readTrace, api })
  return {
    board,
    sent,
    run: (...commands) => runOpenOcd(server.port, boardId, driver, commands),
    async close() {
      await server.close()
      await board.close()
    },
  }
}
