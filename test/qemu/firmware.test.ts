import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { encodeFrame } from '../../src-main/device/frame.ts'
import { FRAME_TYPES } from '../../src-main/device/link-protocol.ts'
import { hasQemu, startQemu, type QemuBoard } from './qemu-board.ts'

describe.skipIf(!hasQemu)("the shipped image on QEMU's netduinoplus2", () => {
  let board: QemuBoard
  beforeAll(() => {
    board = startQemu()
  })
  afterAll(() => board.close())

  test('answers HELLO over USART2 and finds out what this machine lacks', async () => {
    const hello = await board.firmware.hello()
    expect(hello.ccmBytes).toBe(0) // netduinoplus2 has no core-coupled memory
    expect(hello.cycleCounter).toBe(false) // nor a DWT cycle counter
    expect(hello.clockSource).toBe('hsi') // nor an RCC whose ready bits are ever set
    expect(hello.clock).toBe(16_000_000)
    expect(hello.arenaBytes).toBeGreaterThan(112 * 1024)
  })

  test('refuses a model where there is none, and says why', async () => {
    await expect(board.firmware.openModel()).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      context: { reason: 'BAD_MAGIC' },
    })
  })

  test('refuses to run without a model', async () => {
    await expect(board.firmware.runOps(0, 1)).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      context: { linkError: 'no_model' },
    })
  })

  test('answers a command with the wrong length with an error', async () => {
    await expect(board.link.request('hello', new Uint8Array(3))).rejects.toMatchObject({
      context: { linkError: 'bad_length' },
    })
  })

  test('finds its way back after garbage, sync bytes and half frames', async () => {
    const rng = createRng(7)
    const garbage = Uint8Array.from({ length: 3000 }, () => (rng.int(4) === 0 ? 0xa5 : rng.int(256)))
    const frame = encodeFrame({ type: FRAME_TYPES.hello.value, sequence: 200, payload: randomBytes(600) })
    for (const noise of [garbage, frame.subarray(0, 300), frame.subarray(0, 9), frame.subarray(0, 1)]) {
      board.serial.write(noise)
      expect((await board.firmware.hello()).clock).toBe(16_000_000)
    }
  })

  test('executes nothing from a damaged frame and takes it again', async () => {
    const frame = encodeFrame({ type: FRAME_TYPES.hello.value, sequence: 1, payload: new Uint8Array(0) })
    frame[frame.length - 1]! ^= 1
    board.serial.write(frame)
    expect((await board.firmware.hello()).clock).toBe(16_000_000)
  })
})
