// SEGGER's real-time transfer: a ring buffer each way in the target's RAM, read and written through the probe while the
// core runs. Layout of the control block: id[16], up count, down count, then a descriptor for each ring.

import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises'
import { systemClock, type Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { addr, hexAddr, type Addr } from '../base/units.ts'
import type { ByteStream } from './byte-stream.ts'
import type { Probe } from './probe.ts'

const ID = 'SEGGER RTT'
const ID_BYTES = 16
const CONTROL_BYTES = 24
const RING = { bytes: 24, buffer: 4, size: 8, writeOffset: 12, readOffset: 16 } as const

/** Ample: a slow machine may emulate the board. A fault is noticed long before. */
const TIMEOUT_MS = 10_000

interface Ring {
  buffer: number
  size: number
  /** where the two offsets stand in the target's RAM */
  writeOffset: Addr
  readOffset: Addr
}

const SPIN_MS = 1
const LONGEST_PAUSE_MS = 10

/** Between two polls: none at first, for a stream of small models, then an eighth of what was waited already. */
async function pause(elapsedMs: number) {
  await (elapsedMs < SPIN_MS ? nextTurn() : delay(Math.min(LONGEST_PAUSE_MS, elapsedMs / 8)))
}

/** Makes a control block that an earlier run left in RAM invalid, so that the next one found is new. Core halted. */
export async function forgetRtt(probe: Probe, control: Addr): Promise<void> {
  await probe.write(control, new Uint8Array(ID_BYTES))
}

async function readRing(probe: Probe, at: Addr): Promise<Ring & { write: number; read: number }> {
  const bytes = await probe.read(at, RING.bytes)
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const ring = {
    buffer: view.getUint32(RING.buffer, true),
    size: view.getUint32(RING.size, true),
    write: view.getUint32(RING.writeOffset, true),
    read: view.getUint32(RING.readOffset, true),
    writeOffset: addr(at + RING.writeOffset),
    readOffset: addr(at + RING.readOffset),
  }
  if (ring.size === 0 || ring.write >= ring.size || ring.read >= ring.size) {
    throw new AppError('BOARD_NO_FIRMWARE', `The ring buffer described at ${hexAddr(at)} makes no sense.`)
  }
  return ring
}

async function waitForId(probe: Probe, control: Addr, clock: Clock, diagnose: () => Promise<void>) {
  const start = clock.monotonicMs()
  for (;;) {
    const id = Buffer.from(await probe.read(control, ID_BYTES))
    if (id.toString('latin1').startsWith(`${ID}\0`)) return
    const elapsed = clock.monotonicMs() - start
    await diagnose()
    if (elapsed > TIMEOUT_MS) {
      throw new AppError('BOARD_TIMEOUT', 'The firmware does not start: its RTT control block stays empty.', {
        context: { control: hexAddr(control) },
      })
    }
    await pause(elapsed)
  }
}

/**
 * Waits until the firmware has made its control block at `control` valid, then streams over its first ring each way.
 * `diagnose` throws when the firmware's silence has a reason (a fault record).
 */
export async function openRttStream(
  probe: Probe,
  control: Addr,
  { diagnose, clock = systemClock }: { diagnose: () => Promise<void>; clock?: Clock },
): Promise<ByteStream> {
  await waitForId(probe, control, clock, diagnose)
  const up = await readRing(probe, addr(control + CONTROL_BYTES))
  const down = await readRing(probe, addr(control + CONTROL_BYTES + RING.bytes))
  // Only we move these two; the target moves the other two, which are read from it.
  let written = down.write
  let taken = up.read
  let downRead = down.read

  const room = () => (downRead + down.size - written - 1) % down.size

  async function waitForRoom() {
    const start = clock.monotonicMs()
    for (;;) {
      downRead = await probe.readWord(down.readOffset)
      if (room() > 0) return
      const elapsed = clock.monotonicMs() - start
      await diagnose()
      if (elapsed > TIMEOUT_MS) {
        throw new AppError('BOARD_TIMEOUT', 'The firmware has stopped taking what it is sent.')
      }
      await pause(elapsed)
    }
  }

  return {
    diagnose,
    async write(data) {
      for (let at = 0; at < data.length;) {
        // The offset read last is enough as long as it leaves room for all: one probe access fewer in a stream.
        if (room() < data.length - at) await waitForRoom()
        let count = Math.min(room(), data.length - at)
        while (count > 0) {
          const stretch = Math.min(count, down.size - written)
          await probe.write(addr(down.buffer + written), data.subarray(at, at + stretch))
          written = (written + stretch) % down.size
          at += stretch
          count -= stretch
        }
        await probe.writeWord(down.writeOffset, written)
      }
    },
    async read(waitMs) {
      const start = clock.monotonicMs()
      for (;;) {
        const write = await probe.readWord(up.writeOffset)
        if (write >= up.size) throw new AppError('BOARD_GONE', 'The ring buffer in the target is damaged.')
        if (write !== taken) {
          const parts: Uint8Array[] = []
          while (taken !== write) {
            const stretch = (write > taken ? write : up.size) - taken
            parts.push(await probe.read(addr(up.buffer + taken), stretch))
            taken = (taken + stretch) % up.size
          }
          await probe.writeWord(up.readOffset, taken)
          return parts.length === 1 ? parts[0]! : new Uint8Array(Buffer.concat(parts))
        }
        const elapsed = clock.monotonicMs() - start
        if (elapsed >= waitMs) return new Uint8Array(0)
        await pause(elapsed)
      }
    },
    async close() {
      // the probe belongs to the session
    },
  }
}
