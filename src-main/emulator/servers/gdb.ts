// A GDB server for one board: `target remote :PORT`. One debugger at a time; one that comes while another leaves waits.

import type { Socket } from 'node:net'
import type { BoardData } from '../../device/board-data.ts'
import type { Probe } from '../../device/probe.ts'
import { ACKNOWLEDGE, ASK_AGAIN, framePacket, PacketReader, type Incoming } from './gdb-packets.ts'
import { GdbSession } from './gdb-session.ts'
import { listenOnLoopback, type Server } from './loopback.ts'

export interface DebuggedBoard {
  data: BoardData
  /** a probe of its own for each debugger */
  openProbe(): Promise<Probe>
}

export function serveGdb(port: number, board: DebuggedBoard): Promise<Server> {
  let user: Socket | undefined
  /** done when the debugger that came last has left the board */
  let left: Promise<void> = Promise.resolve()
  // The end of one connection and the start of the next may be told in either order.
  return listenOnLoopback(port, (socket) => void setImmediate(() => welcome(socket)))

  function welcome(socket: Socket): void {
    if (user !== undefined && !user.destroyed && !user.readableEnded) {
      socket.destroy()
      return
    }
    if (socket.destroyed) return
    user = socket
    const hangUp = () => void socket.destroy()
    const opening = left.then(() => openSession(board, (packet) => void socket.write(framePacket(packet))))
    opening.catch(hangUp)
    const reader = new PacketReader()
    let acknowledges = true
    let last: Uint8Array = new Uint8Array(0)
    let work: Promise<void> = Promise.resolve()

    async function take(incoming: Incoming): Promise<void> {
      if (incoming.kind === 'resend') socket.write(last)
      if (incoming.kind === 'damaged') socket.write(ASK_AGAIN)
      if (incoming.kind !== 'packet') return
      if (acknowledges) socket.write(ACKNOWLEDGE)
      const { session } = await opening
      last = framePacket(await session.answer(incoming.data))
      if (incoming.data.toString('latin1') === 'QStartNoAckMode') acknowledges = false
      if (incoming.data.toString('latin1') === 'k') hangUp()
      else socket.write(last)
    }

    socket.on('data', (chunk) => {
      for (const incoming of reader.push(chunk)) {
        // Comes while the core runs, that is, while an answer is still being waited for.
        if (incoming.kind === 'interrupt') void opening.then(({ session }) => session.interrupt(), hangUp)
        else work = work.then(() => take(incoming)).catch(hangUp)
      }
    })
    async function leave(): Promise<void> {
      const { session, probe } = await opening
      session.interrupt()
      await work
      await session.detach()
      await probe.close()
    }
    // The board may be gone as well.
    left = new Promise((resolve) =>
      socket.on(
        'close',
        () =>
          void leave()
            .catch(() => undefined)
            .finally(resolve),
      ),
    )
  }
}

async function openSession(
  { data, openProbe }: DebuggedBoard,
  notify: (packet: string) => void,
): Promise<{ session: GdbSession; probe: Probe }> {
  const probe = await openProbe()
  const session = new GdbSession(data, probe, notify)
  await session.attach()
  return { session, probe }
}
