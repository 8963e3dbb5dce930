// A virtual board behind the same interface as a real one. With a worker's path it runs in a thread of its own.

import { Worker } from 'node:worker_threads'
import { AppError, fromDto, toAppError } from '../base/errors.ts'
import { addr, type Addr } from '../base/units.ts'
import type { BoardData } from '../device/board-data.ts'
import type { Board, ExecutionMark } from '../device/board.ts'
import type { Probe, ProbeInfo } from '../device/probe.ts'
import { BoardHost, type BoardReply, type BoardRequest } from './board-host.ts'
import type { MachineOptions } from './machine.ts'
import type { WorkerSetup } from './worker.ts'

export interface VirtualBoardOptions extends MachineOptions {
  /** path of the emulator-worker bundle; without it the emulator runs in this thread */
  worker?: string
  /** what the flash holds at power-on, from its start; the rest is erased */
  flash?: Uint8Array
}

export interface VirtualBoard extends Board {
  takeMarks(): Promise<ExecutionMark[]>
  /** Pulls the cable: every access from now on throws BOARD_GONE. */
  unplug(): Promise<void>
}

/** A board host, here or in a thread. */
interface Line {
  request(request: BoardRequest): Promise<BoardReply>
  close(): Promise<void>
}

export async function openVirtualBoard(data: BoardData, options: VirtualBoardOptions = {}): Promise<VirtualBoard> {
  const setup: WorkerSetup = { data, flash: options.flash, translate: options.translate }
  const line = options.worker === undefined ? openHere(setup) : await openThread(options.worker, setup)
  let unplugged = false
  const call = async (request: BoardRequest) => {
    if (unplugged) throw new AppError('BOARD_GONE', `The board ${data.board} was unplugged.`)
    const reply = await line.request(request)
    if (!reply.ok) throw fromDto(reply.error)
    return reply.value
  }
  return {
    id: `virtual:${data.id}`,
    data,
    provenance: 'emulated',
    probe: createProbe(call, data),
    takeMarks: async () => (await call({ kind: 'marks' })) as ExecutionMark[],
    unplug: async () => {
      await call({ kind: 'unplug' })
      unplugged = true
    },
    close: () => line.close(),
  }
}

function createProbe(call: (request: BoardRequest) => Promise<unknown>, data: BoardData): Probe {
  const info: ProbeInfo = { name: 'virtual', serial: data.id, firmware: '1' }
  const read = async (address: Addr, length: number) => {
    if (length === 0) return new Uint8Array(0)
    return (await call({ kind: 'read', address, length })) as Uint8Array
  }
  const write = async (address: Addr, bytes: Uint8Array) => {
    await call({ kind: 'write', address, data: bytes })
  }
  return {
    info,
    read,
    write,
    readWord: async (address) => {
      const bytes = await read(address, 4)
      return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true)
    },
    writeWord: async (address, value) => {
      const bytes = new Uint8Array(4)
      new DataView(bytes.buffer).setUint32(0, value >>> 0, true)
      await write(addr(address), bytes)
    },
    pulseReset: async () => {
      await call({ kind: 'reset' })
    },
    close: () => Promise.resolve(),
  }
}

function openHere({ data, flash, translate }: WorkerSetup): Line {
  const host = new BoardHost(data, flash, { translate })
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

async function openThread(path: string, setup: WorkerSetup): Promise<Line> {
  const worker = new Worker(path, { workerData: setup })
  const waiting = new Map<number, { resolve: (reply: BoardReply) => void; reject: (error: AppError) => void }>()
  let nextId = 0
  let ended: AppError | undefined
  const end = (error: AppError) => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(ended)
    waiting.clear()
  }
  worker.on('message', ({ id, reply }: { id: number; reply: BoardReply }) => {
    waiting.get(id)?.resolve(reply)
    waiting.delete(id)
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
