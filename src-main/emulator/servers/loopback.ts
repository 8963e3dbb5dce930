// A listening socket that this machine alone can reach.

import { createServer, type Socket } from 'node:net'
import { AppError } from '../../base/errors.ts'

const HOST = '127.0.0.1'

export interface Server {
  port: number
  /** Ends the connections as well. */
  close(): Promise<void>
}

/** Port 0: any free one. `serve` gets each connection. Throws PORT_IN_USE. */
export async function listenOnLoopback(port: number, serve: (socket: Socket) => void): Promise<Server> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy()) // whoever is gone needs no answer
    serve(socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      reject(new AppError('PORT_IN_USE', `Port ${port} can't be used: ${error.message}.`, { cause: error }))
    })
    server.listen(port, HOST, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
