import type { BoardData } from '../../src-main/device/board-data.ts'
import type { Board } from '../../src-main/device/board.ts'
import type { StlinkGeneration } from '../../src-main/device/stlink/protocol.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import type { StlinkTransport } from '../../src-main/device/stlink/transport.ts'
import { BoardHost } from '../../src-main/emulator/board-host.ts'

/** A virtual board without a thread of its own: its machine and its own time, seconds since it was switched on, can be read. */
export async function openInProcess(data: BoardData, probe: StlinkGeneration = 'v3') {
  const host = new BoardHost(data, { probe })
  const { scheduler, rcc } = host.machine
  let [seconds, last] = [0, scheduler.now]
  const look = () => {
    seconds += (scheduler.now - last) / rcc.coreHz
    last = scheduler.now
  }
  const transport: StlinkTransport = {
    exchange: async (commands) => {
      const answers: Uint8Array[] = []
      for (const command of commands) {
        look() // the clock may change with any of them
        const reply = host.serve({ kind: 'probe', commands: [command] })
        if (!reply.ok) throw new Error(reply.error.message)
        answers.push((reply.value as Uint8Array[])[0]!)
      }
      await new Promise((resolve) => setImmediate(resolve))
      look()
      return answers
    },
    close: () => Promise.resolve(),
  }
  const board: Board = {
    ...{ id: `virtual:${data.id}`, data, provenance: 'emulated' as const, timing: data.timing },
    probe: await openStlinkProbe(transport, { serial: data.id }),
    takeMarks: () => {
      const { marks } = host.machine
      host.machine.marks = []
      return Promise.resolve(marks)
    },
    close: () => Promise.resolve(host.close()),
  }
  return { board, machine: host.machine, seconds: () => seconds }
}
