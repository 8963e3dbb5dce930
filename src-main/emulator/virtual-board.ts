// A virtual board behind the same interface as a real one: it ends at the bytes that an ST-Link answers. With a worker's
// path it runs in a thread of its own.

import { Worker } from 'node:worker_threads'
import { AppError, fromDto, toAppError } from '../base/errors.ts'
import type { BoardData } from '../device/board-data.ts'
import type { Board, ExecutionMark } from '../device/board.ts'
import { openStlinkProbe } from '../device/stlink/stlink-probe.ts'
import type { StlinkTransport } from '../device/stlink/transport.ts'
import { BoardHost, type BoardReply, type BoardRequest, type HostOptions } from './board-host.ts'
import type { WorkerSetup } from './worker.ts'

export interface VirtualBoardOptions extends HostOptions {
  /** path of the emulator-worker bundle; without it the emulator runs in this thread */
  worker?: string | undefined
  /** of its ST-Link; without it the board's id */
  serial?: string | undefined
  underReset?: boolean
  /** bytes that left its serial port, and at which rate */
  onSerial?: OnSerial
}

export interface VirtualBoard extends Board {
  /** the way to its ST-Link, for other programs than Thimble */
  readonly stlink: StlinkTransport
  takeMarks(): Promise<ExecutionMark[]>
  /** Bytes to its serial port, sent at `baud` or, with null, at its own rate; `onSerial` gets what comes out. */
  writeSerial(bytes: Uint8Array, baud: number | null): Promise<void>
  /** What its ST-Link's trace endpoint has, at most `length` bytes. */
  readTrace(length: number): Promise<Uint8Array>
  /** Pulls the cable: every access from now on throws BOARD_GONE. */
  unplug(): Promise<void>
}

/** A board host, here or in a thread. */
interface Line {
  request(request: BoardRequest): Promise<BoardReply>
  close(): Promise<void>
}

export async function openVirtualBoard(data: BoardData, options: VirtualBoardOptions = {}): Promise<VirtualBoard> {
  const { worker, serial = data.id, underReset = false, onSerial = () => undefined, ...host } = options
  const setup: WorkerSetup = { data, options: host }
  const line = worker === undefined ? openHere(setup, onSerial) : await openThread(worker, setup, onSerial)
  let unplugged = false
  const call = async (request: BoardRequest) => {
    if (unplugged) throw new AppError('BOARD_GONE', `The board ${data.board} was unplugged.`)
    const reply = await line.request(request)
    if (!reply.ok) throw fromDto(reply.error)
    return reply.value
  }
  const stlink: StlinkTransport = {
    exchange: async (commands) => (await call({ kind: 'probe', commands })) as Uint8Array[],
    close: () => Promise.resolve(), // the board is switched off by its own close
  }
  const probe = await openStlinkProbe(stlink, { serial, underReset }).catch(async (error: unknown) => {
    await line.close()
    throw error
  })
  return {
    id: `virtual:${data.id}`,
    data,
    provenance: 'emulated',
    timing: data.timing,
    stlink,
    probe,
    takeMarks: async () => (await call({ kind: 'marks' })) as ExecutionMark[],
    writeSerial: async (bytes, baud) => void (await call({ kind: 'serial', bytes, baud })),
    readTrace: async (length) => ((await call({ kind: 'trace', length })) as Uint8Array[])[0]!,
    unplug: async () => {
      await call({ kind: 'unplug' })
      unplugged = true
    },
    close: () => line.close(),
  }
}

type OnSerial = (bytes: Uint8Array, baud: number) => void
type WorkerMessage = { id: number; reply: BoardReply } | { serial: Uint8Array; baud: number }

function openHere({ data, options }: WorkerSetup, onSerial: OnSerial): Line {
  const host = new BoardHost(data, options)
  host.onSerial = onSerial
  return {
    request: async (request) => {
      const reply = host.serve(request)
      // Whoever polls the board in a loop must not keep its core from running.
      await new Promise((resolve) => setImmediate(resolve))
      return reply
    },
    close: () => {
      host.close()
      return Promise.resolve()
    },
  }
}

async function openThread(path: string, setup: WorkerSetup, onSerial: OnSerial): Promise<Line> {
  const worker = new Worker(path, { workerData: setup })
  const waiting = new Map<number, { resolve: (reply: BoardReply) => void; reject: (error: AppError) => void }>()
  let nextId = 0
  let ended: AppError | undefined
  const end = (error: AppError) => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }
  worker.on('message', (message: WorkerMessage) => {
    if ('serial' in message) return onSerial(message.serial, message.baud)
    waiting.get(message.id)?.resolve(message.reply)
    waiting.delete(message.id)
  })
  worker.on('error', (error) => end(toAppError(error)))
  worker.on('exit', () => end(new AppError('BOARD_GONE', "The emulator's thread has ended.")))
  await new Promise<void>((resolve, reject) => {
    worker.once('online', resolve)
    worker.once('error', reject)
  })
  return {
    request: (request) => {
      if (ended !== undefined) return Promise.reject(ended)
      const id = nextId++
      return new Promise((resolve, reject) => {
        waiting.set(id, { resolve, reject })
        worker.postMessage({ id, request })
      })
    },
    close: async () => {
      await worker.terminate()
    },
  }
}
