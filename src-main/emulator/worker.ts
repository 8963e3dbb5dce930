// The emulator's thread: one machine, requests in, replies out, in order.

import { parentPort, workerData } from 'node:worker_threads'
import type { BoardData } from '../device/board-data.ts'
import { BoardHost, type BoardRequest, type HostOptions } from './board-host.ts'

export interface WorkerSetup {
  data: BoardData
  options: HostOptions
}

const port = parentPort
if (port !== null) {
  const { data, options } = workerData as WorkerSetup
  const host = new BoardHost(data, options)
  host.onSerial = (serial, baud) => port.postMessage({ serial, baud })
  port.on('message', ({ id, request }: { id: number; request: BoardRequest }) => {
    port.postMessage({ id, reply: host.serve(request) })
  })
}
