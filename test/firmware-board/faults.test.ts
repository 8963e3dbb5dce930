import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { addr } from '../../src-main/base/units.ts'
import { encodeFrame } from '../../src-main/device/frame.ts'
import { imageHeaderOf } from '../../src-main/device/image-header.ts'
import { FRAME_TYPES } from '../../src-main/device/link-protocol.ts'
import { createFirmwareClient } from '../../src-main/device/firmware-client.ts'
import { createLink } from '../../src-main/device/link.ts'
import { openRttStream } from '../../src-main/device/rtt-link.ts'
import { connectBoard, type BoardSession } from '../../src-main/device/session.ts'
import type { VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { BOARD_IDS, virtualBoard } from './virtual-session.ts'

const { graph, inputs } = randomNetwork(createRng(31))
const EXPECTED: Record<string, { hello: object; stack: { start: number; end: number } }> = {
  stm32f407: {
    hello: { chipId: 0x413, clock: 168_000_000, ccmBytes: 64 * 1024 },
    stack: { start: 0x10000000, end: 0x10010000 },
  },
  stm32f746: {
    hello: { chipId: 0x449, clock: 216_000_000, ccmBytes: 64 * 1024 },
    stack: { start: 0x20000000, end: 0x20010000 },
  },
  stm32h743: {
    hello: { chipId: 0x450, clock: 480_000_000, ccmBytes: 128 * 1024 },
    stack: { start: 0x20000000, end: 0x20020000 },
  },
}

describe.each(BOARD_IDS)('the firmware on the virtual board %s', (id) => {
  const { boardData, firmwareImage, blobOf, openBoard } = virtualBoard(id)
  const { hello, stack } = EXPECTED[id]!
  const header = imageHeaderOf(firmwareImage)

  let board: VirtualBoard
  let session: BoardSession
  beforeEach(async () => {
    board = await openBoard()
    session = await connectBoard(board)
    await session.flash(firmwareImage, blobOf(graph))
    await session.firmware().openModel()
  })
  afterEach(() => board.close())

  /** Sends the core somewhere else. */
  async function jumpTo(address: number) {
    await session.core.halt()
    await session.core.writeRegister('pc', address)
    await session.core.resume()
  }

  test('knows where it runs', async () => {
    expect(await session.firmware().hello()).toEqual({
      ...hello,
      ...{ clockSource: 'hse_pll', cycleCounter: true },
      ...{ modelBytes: boardData.modelRegion.size, arenaBytes: header.arena_bytes },
    })
  })

  test('keeps its stack in core-coupled memory', async () => {
    await session.core.halt()
    const sp = await session.core.readRegister('sp')
    expect(sp).toBeGreaterThan(stack.start)
    expect(sp).toBeLessThanOrEqual(stack.end)
  })

  test('takes ranges of ops and shows the arena', async () => {
    const firmware = session.firmware()
    const { outputs } = await firmware.infer(inputs.map(bytesOf))
    const model = await firmware.openModel()
    for (const [index, span] of model.inputs.entries()) await firmware.writeArena(span.offset, bytesOf(inputs[index]!))
    for (let op = 0; op < model.ops; op++) expect((await firmware.runOps(op, op + 1)).cycles).toBeGreaterThan(0)
    const span = model.outputs[0]!
    expect(await firmware.readArena(span.offset, span.bytes)).toEqual(outputs[0])
  })

  test('refuses ops and bytes that the model does not have', async () => {
    const firmware = session.firmware()
    const model = await firmware.openModel()
    await expect(firmware.runOps(0, model.ops + 1)).rejects.toMatchObject({ code: 'MODEL_REJECTED' })
    await expect(firmware.readArena(model.arenaBytes, 1)).rejects.toMatchObject({ code: 'MODEL_REJECTED' })
    await expect(firmware.writeArena(model.arenaBytes - 1, new Uint8Array(2))).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
    })
    await expect(firmware.infer([new Uint8Array(1)])).rejects.toMatchObject({ code: 'INPUT_SIZE_WRONG' })
  })

  test.each([
    ['nothing is mapped', 0x60000000, 'instruction bus error'],
    ['flash is erased', 0x080f0000, 'no coprocessor'], // that is what FFFFFFFF asks for
  ])('a jump to where %s ends in a fault that can be read', async (_, target, cause) => {
    await jumpTo(target)
    await expect(session.firmware().infer(inputs.map(bytesOf))).rejects.toMatchObject({
      code: 'BOARD_FAULT',
      context: { causes: expect.arrayContaining([cause]) as string[] },
    })
  })

  test('an overflowing stack ends in a fault that can be read', async () => {
    await session.core.halt()
    await session.core.writeRegister('msp', stack.start + 0x10)
    await session.core.resume()
    await expect(session.firmware().infer(inputs.map(bytesOf))).rejects.toMatchObject({
      code: 'BOARD_FAULT',
      context: { causes: expect.arrayContaining(['bus error while stacking']) as string[] },
    })
  })

  test('starts again after a fault', async () => {
    await jumpTo(0x60000000)
    await expect(session.firmware().hello()).rejects.toMatchObject({ code: 'BOARD_FAULT' })
    await session.start()
    await session.firmware().openModel()
    const { outputs } = await session.firmware().infer(inputs.map(bytesOf))
    expect(outputs).toEqual(createInterpreter(graph).run(inputs).map(bytesOf))
  })

  test('a core that stands still is a timeout, not a hang', async () => {
    await session.core.halt()
    await expect(session.firmware().infer(inputs.map(bytesOf), { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'BOARD_TIMEOUT',
    })
  })

  test('cancel ends the wait for an answer', async () => {
    await session.core.halt()
    const signal = AbortSignal.timeout(100)
    await expect(session.firmware().infer(inputs.map(bytesOf), { signal })).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('a board that was reset meanwhile is noticed, and can be started again', async () => {
    await board.probe.pulseReset()
    await expect(session.firmware().infer(inputs.map(bytesOf))).rejects.toMatchObject({
      code: 'BOARD_GONE',
      message: expect.stringContaining('was reset') as string,
    })
    await session.start()
    expect((await session.firmware().openModel()).ops).toBe(graph.ops.length)
  })

  test('an unplugged board is gone, whatever is asked', async () => {
    await board.unplug()
    await expect(session.firmware().infer(inputs.map(bytesOf))).rejects.toMatchObject({ code: 'BOARD_GONE' })
    await expect(session.start()).rejects.toMatchObject({ code: 'BOARD_GONE' })
  })

  test('a chip without our firmware is named as such', async () => {
    const blank = await openBoard()
    const other = await connectBoard(blank)
    await expect(other.start()).rejects.toMatchObject({ code: 'BOARD_NO_FIRMWARE' })
    await blank.close()
  })

  test('garbage and half frames in the ring do no harm', async () => {
    const wanted = createInterpreter(graph).run(inputs).map(bytesOf)
    const stream = await openRttStream(board.probe, addr(header.rtt_address), { diagnose: async () => {} })
    const half = encodeFrame({ type: FRAME_TYPES.infer.value, sequence: 9, payload: new Uint8Array(900) }).subarray(
      0,
      40,
    )
    const rng = createRng(4)
    await stream.write(Uint8Array.from({ length: 5000 }, () => (rng.int(4) === 0 ? 0xa5 : rng.int(256))))
    await stream.write(half)
    const client = createFirmwareClient(createLink(stream))
    await client.hello()
    await client.openModel()
    expect((await client.infer(inputs.map(bytesOf))).outputs).toEqual(wanted)
  })
})
