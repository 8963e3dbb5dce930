// The emulator's thread: one machine, requests in, replies out, in order.

import { parentPort, workerData } from 'node:worker_threads'
import type { BoardData } from '../device/board-data.ts'
import { BoardHost, type BoardRequest } from './board-host.ts'
import type { MachineOptions } from './machine.ts'

export interface WorkerSetup extends MachineOptions {
  data: BoardData
  flash?: Uint8Array
}

const port = parentPort
if (port !== null) {
  const { data, flash, translate } = workerData as WorkerSetup
  const host = new BoardHost(data, flash, { translate })
  port.on('message', ({ id, request }: { id: number; request: BoardRequest }) => {
    port.postMessage({ id, reply: host.serve(request) })
  })
}
