// The ST-Link TCP protocol, byte by byte.

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findBoardData } from '../../../src-main/device/board-data.ts'
import type { Server } from '../../../src-main/emulator/servers/loopback.ts'
import { serveStlinkTcp } from '../../../src-main/emulator/servers/stlink-tcp.ts'
import { openVirtualBoard, type VirtualBoard } from '../../../src-main/emulator/virtual-board.ts'

let board: VirtualBoard
let server: Server

beforeEach(async () => {
  board = await openVirtualBoard(findBoardData('stm32f407')!)
  server = await serveStlinkTcp(0, {
    transport: board.stlink,
    productId: 0x374f,
    serial: 'SERIAL',
    readTrace: (length) => board.readTrace(length),
  })
})
afterEach(async () => {
  await server.close()
  await board.close()
})

const client = () => connect(server.port, '127.0.0.1')

async function ask(socket: Socket, request: Uint8Array): Promise<Buffer> {
  socket.write(request)
  const [reply] = (await once(socket, 'data')) as [Buffer]
  return reply
}

const OPEN = Uint8Array.of(3, 0, 0, 0, 1, 0, 0, 0)

function command(handle: number, direction: number, size: number, cdb: number[], data: number[] = []): Buffer {
  const request = Buffer.alloc(32 + data.length)
  request[0] = 5
  request.writeUInt32LE(handle, 4)
  request.set(cdb, 8)
  request[24] = direction
  request.writeUInt32LE(size, 28)
  request.set(data, 32)
  return request
}

it('lists the probe', async () => {
  const socket = client()
  expect(await ask(socket, Uint8Array.of(6, 1, 0, 0))).toHaveLength(16)
  expect(await ask(socket, Uint8Array.of(0, 0))).toEqual(Buffer.from([1, 0, 0, 0]))
  expect(await ask(socket, Uint8Array.of(1))).toEqual(Buffer.from([1, 0, 0, 0]))
  const info = await ask(socket, Uint8Array.of(2, 0, 0, 0, 0x29, 0, 0, 0))
  expect(info).toHaveLength(45)
  expect(info.toString('latin1', 8, 14)).toBe('SERIAL')
  expect([info.readUInt16LE(40), info.readUInt16LE(42), info[44]]).toEqual([0x0483, 0x374f, 0])
  expect((await ask(socket, Uint8Array.of(2, 1, 0, 0, 0x29, 0, 0, 0))).readUInt32LE(0)).not.toBe(1)
})

it('carries commands in both directions, however they are cut on the way', async () => {
  const socket = client()
  const handle = (await ask(socket, OPEN)).readUInt32LE(4)
  const address = [0, 1, 0, 0x20]
  await ask(socket, command(handle, 1, 2, [0xf2, 0x30, 0xa3]))
  const write = command(handle, 0, 4, [0xf2, 0x08, ...address, 4, 0], [1, 2, 3, 4])
  socket.write(write.subarray(0, 20))
  await new Promise((resolve) => setTimeout(resolve, 20))
  socket.write(write.subarray(20, 34))
  await new Promise((resolve) => setTimeout(resolve, 20))
  expect(await ask(socket, write.subarray(34))).toEqual(Buffer.from([1, 0, 0, 0]))
  const read = await ask(socket, command(handle, 1, 4, [0xf2, 0x07, ...address, 4, 0]))
  expect([...read]).toEqual([1, 0, 0, 0, 1, 2, 3, 4])
})

it('lends the probe to one at a time, and takes it back when that one is gone', async () => {
  const [first, second] = [client(), client()]
  expect((await ask(first, OPEN)).readUInt32LE(0)).toBe(1)
  expect((await ask(second, OPEN)).readUInt32LE(0)).not.toBe(1)
  const refused = await ask(second, command(1, 1, 6, [0xf1]))
  expect([refused.readUInt32LE(0), refused.length]).toEqual([0, 10])
  first.destroy()
  await expect.poll(async () => (await ask(second, OPEN)).readUInt32LE(0)).toBe(1)
})

it('hangs up on what is not the protocol, and when the board is gone', async () => {
  const stranger = client()
  stranger.write('GET / HTTP/1.1\r\n')
  await once(stranger, 'close')
  const huge = client()
  huge.write(command(1, 0, 1 << 30, [0xf2]))
  await once(huge, 'close')
  const socket = client()
  const handle = (await ask(socket, OPEN)).readUInt32LE(4)
  await board.unplug()
  socket.write(command(handle, 1, 6, [0xf1]))
  await once(socket, 'close')
})
