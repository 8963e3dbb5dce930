import type { BoardData } from '../../src-main/device/board-data.ts'
import type { Board } from '../../src-main/device/board.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import type { StlinkCommand } from '../../src-main/device/stlink/transport.ts'
import { BoardHost } from '../../src-main/emulator/board-host.ts'

/** A virtual board without a thread of its own, whose machine can be looked at. */
export async function openInProcess(data: BoardData) {
  const host = new BoardHost(data)
  const exchange = async (commands: readonly StlinkCommand[]) => {
    const reply = host.serve({ kind: 'probe', commands })
    if (!reply.ok) throw new Error(reply.error.message)
    await new Promise((resolve) => setImmediate(resolve))
    return reply.value as Uint8Array[]
  }
  const close = () => Promise.resolve(host.close())
  const board: Board = {
    ...{ id: `virtual:${data.id}`, data, provenance: 'emulated', timing: data.timing, close },
    probe: await openStlinkProbe({ exchange, close: () => Promise.resolve() }, { serial: data.id }),
    takeMarks: () => {
      const { marks } = host.machine
      host.machine.marks = []
      return Promise.resolve(marks)
    },
  }
  return { board, machine: host.machine }
}
