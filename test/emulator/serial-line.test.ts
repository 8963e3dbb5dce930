// A virtual board's serial line as a pseudo terminal, used by Thimble's serial link and by another program.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { createFirmwareClient } from '../../src-main/device/firmware-client.ts'
import { encodeFrame } from '../../src-main/device/frame.ts'
import { createLink } from '../../src-main/device/link.ts'
import { BASE_BAUD, FRAME_TYPES } from '../../src-main/device/link-protocol.ts'
import { openSerialStream } from '../../src-main/device/serial-stream.ts'
import { servePty, type PtyServer } from '../../src-main/emulator/servers/pty.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { inferOverSerial } from '../../src-main/jobs/infer-over-serial.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { flashWith } from '../faults/flash-session.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { holdLock } from '../support/lock-holder.ts'

const data = findBoardData('stm32f407')!
const { graph, inputs } = randomNetwork(createRng(41))
const wanted = createInterpreter(graph).run(inputs).map(bytesOf)
const ops = graph.ops.map(({ kind }) => ({ op: kind, macs: 0 }))

let folder: string
let link: string
let board: VirtualBoard
let pty: PtyServer | undefined

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-uart-'))
  link = join(folder, 'uart')
  board = await openVirtualBoard(data, {
    flash: flashWith(data, packModel(planModel(graph, data)).blob),
    // The firmware says hello to a runner before anybody has opened the line.
    onSerial: (bytes, baud) => pty?.send(bytes, baud),
  })
  pty = await servePty(link, (bytes, baud) => void board.writeSerial(bytes, baud))
})
afterAll(async () => {
  await pty?.close()
  await board.close()
  expect(existsSync(link)).toBe(false)
  rmSync(folder, { recursive: true })
})

// On a busy machine the firmware starts later than one question may wait.
test('the firmware starts and answers on its serial line', async () => {
  const stream = await openSerialStream(link)
  const firmware = createFirmwareClient(createLink(stream))
  const chip = () => firmware.hello().then(({ chipId }) => chipId)
  await expect.poll(chip, { timeout: 50_000 }).toBe(data.idCode)
  await stream.close()
}, 60_000)

describe.each([115_200, 921_600])('opened at %i baud', (baud) => {
  test('runs a model, bit for bit as the interpreter', async () => {
    const stream = await openSerialStream(link)
    const line = createLink(stream)
    const firmware = createFirmwareClient(line)
    try {
      expect((await firmware.hello()).chipId).toBe(data.idCode)
      if (baud !== BASE_BAUD) await line.changeBaud(baud)
      await firmware.openModel()
      expect((await firmware.infer(inputs.map(bytesOf))).outputs).toEqual(wanted)
      await line.changeBaud(BASE_BAUD)
    } finally {
      await stream.close()
    }
  }, 120_000)

  test('is a board that infers, and whose numbers count as emulated', async () => {
    const { run, board: found } = await inferOverSerial(`serial:${link}@${baud}`, graph, inputs, ops)
    expect(run.outputs).toEqual(wanted)
    expect(run.cycles).toBeGreaterThan(0)
    expect(found).toMatchObject({ provenance: 'emulated', data: { id: 'stm32f407' } })
  }, 120_000)
})

test('a file that is not the model in flash is refused', async () => {
  const other = randomNetwork(createRng(42))
  const otherOps = other.graph.ops.map(({ kind }) => ({ op: kind, macs: 0 }))
  await expect(inferOverSerial(`serial:${link}`, other.graph, other.inputs, otherOps)).rejects.toMatchObject({
    code: 'BOARD_OTHER_MODEL',
  })
}, 120_000)

test('garbage before a frame does no harm', async () => {
  const stream = await openSerialStream(link)
  const firmware = createFirmwareClient(createLink(stream))
  try {
    await stream.write(Uint8Array.of(0xa5, 1, 2, 10, 13, 0xa5, 0xff))
    expect((await firmware.hello()).chipId).toBe(data.idCode)
  } finally {
    await stream.close()
  }
})

const CLIENT = `
import os, sys, select, termios, tty
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
tty.setraw(fd)
os.write(fd, bytes.fromhex(sys.argv[2]))
got = b''
while len(got) < 56 and select.select([fd], [], [], 10)[0]:
    got += os.read(fd, 1024)
print(got.hex())
`

test('another program asks the firmware who it is', async () => {
  const hello = encodeFrame({ type: FRAME_TYPES.hello.value, sequence: 9, payload: new Uint8Array(0) })
  const client = spawn('python3', ['-c', CLIENT, link, Buffer.from(hello).toString('hex')])
  let printed = ''
  client.stdout.on('data', (text: Buffer) => (printed += text.toString()))
  await once(client, 'close')
  expect(printed).toMatch(/^a58109/)
})

test('a client at another rate than the board gets nothing out of it, and one that follows at the first rate does', async () => {
  const stream = await openSerialStream(link)
  const firmware = createFirmwareClient(createLink(stream))
  try {
    await stream.serial?.setBaud(460_800)
    await expect(firmware.hello()).rejects.toMatchObject({ code: 'BOARD_TIMEOUT' })
    await stream.serial?.setBaud(BASE_BAUD)
    await expect.poll(() => firmware.hello().then(({ chipId }) => chipId), { timeout: 20_000 }).toBe(data.idCode)
  } finally {
    await stream.close()
  }
}, 60_000)

test('a port that another program has locked says which', async () => {
  const holder = await holdLock(link)
  try {
    await expect(openSerialStream(link)).rejects.toMatchObject({
      code: 'SERIAL_IN_USE',
      message: expect.stringMatching(new RegExp(`is open in \\S+ \\(process ${holder.pid}\\)`)) as string,
    })
  } finally {
    await holder.release()
  }
  await (await openSerialStream(link)).close()
})

test('a port that is gone in the middle of a conversation ends it', async () => {
  const path = join(folder, 'pulled')
  const silent = await servePty(path, () => undefined)
  const stream = await openSerialStream(path)
  const asked = createFirmwareClient(createLink(stream)).openModel()
  const told = expect(asked).rejects.toMatchObject({ code: 'BOARD_GONE' })
  await silent.close()
  await told
  await stream.close()
  await expect(openSerialStream(path)).rejects.toMatchObject({ code: 'SERIAL_UNKNOWN' })
})

test('no port, and a file that is none', async () => {
  await expect(openSerialStream(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'SERIAL_UNKNOWN' })
  const file = join(folder, 'file')
  writeFileSync(file, '')
  await expect(openSerialStream(file)).rejects.toMatchObject({ code: 'SERIAL_FAILED' })
})

test.each(['serial:', 'serial:/dev/ttyACM0@9600', 'serial:/dev/ttyACM0@1000000'])('%s is no id', async (id) => {
  await expect(inferOverSerial(id, graph, inputs, ops)).rejects.toMatchObject({ code: 'BOARD_UNKNOWN' })
})

test('the link replaces one that leads nowhere, and nothing else', async () => {
  await expect(servePty(link, () => undefined)).rejects.toMatchObject({ code: 'UART_LINK_TAKEN' })
  const stale = join(folder, 'stale')
  symlinkSync('/dev/pts/99999', stale)
  const second = await servePty(stale, () => undefined)
  expect(realpathSync(stale)).toBe(second.path)
  await second.close()
  expect(existsSync(stale)).toBe(false)
})
