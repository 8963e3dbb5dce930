// The firmware's serial line on the emulated USART2, in emulated time alone.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src-main/base/clock.ts'
import { createRng } from '../../src-main/base/rng.ts'
import type { ByteStream } from '../../src-main/device/byte-stream.ts'
import { createFirmwareClient, type FirmwareClient } from '../../src-main/device/firmware-client.ts'
import { createLink } from '../../src-main/device/link.ts'
import { HEADER_BYTES, CRC_BYTES, payloadBytes } from '../../src-main/device/link-protocol.ts'
import { Machine } from '../../src-main/emulator/machine.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { blobOf, boardData, firmwareImage } from './virtual-session.ts'

const SLICE_CYCLES = 100_000
const { graph, inputs } = randomNetwork(createRng(41))

let machine: Machine
let clock: Clock
let firmware: FirmwareClient

/** Lets the machine run, or its time pass while it sleeps, until bytes have come or the wait is over. */
function serialLine(): ByteStream {
  const sent: number[] = []
  machine.usart2.onTransmit = (byte) => sent.push(byte)
  return {
    write: async (data) => void machine.usart2.receive(data),
    read: async (waitMs) => {
      const end = clock.monotonicMs() + waitMs
      while (sent.length === 0 && clock.monotonicMs() < end) {
        if (machine.run(SLICE_CYCLES) === 'asleep') machine.sleep(SLICE_CYCLES)
      }
      return Uint8Array.from(sent.splice(0))
    },
    close: async () => undefined,
  }
}

/** Switches a machine on with firmware and model in its flash; `change` breaks it first. */
async function powerOn(data = boardData, change: (machine: Machine) => void = () => undefined) {
  machine = new Machine(data)
  machine.preload(data.firmwareRegion.start, firmwareImage)
  machine.preload(data.modelRegion.start, blobOf(graph))
  change(machine)
  machine.reset()
  clock = { monotonicMs: () => (machine.scheduler.now / data.clock) * 1000, now: () => new Date(0) }
  firmware = createFirmwareClient(createLink(serialLine(), clock))
  return firmware.hello()
}

async function expectRightAnswer() {
  const model = await firmware.openModel()
  expect(model.ops).toBe(graph.ops.length)
  const { outputs, cycles } = await firmware.infer(inputs.map(bytesOf))
  expect(outputs).toEqual(createInterpreter(graph).run(inputs).map(bytesOf))
  expect(cycles).toBeGreaterThan(0)
}

describe('USART2 of the virtual board', () => {
  beforeEach(() => powerOn())

  test('runs at 115200 baud from the crystal', async () => {
    const before = clock.monotonicMs()
    expect((await firmware.hello()).clockSource).toBe('hse_pll')
    const bytes = 2 * (HEADER_BYTES + CRC_BYTES) + payloadBytes('hello')
    const lineMs = (bytes * 10 * 1000) / 115_200
    const took = clock.monotonicMs() - before
    expect(took).toBeGreaterThan(lineMs)
    expect(took).toBeLessThan(lineMs + 3) // ticks of the sleeping loop, and a slice of the test's own
  })

  test('runs models', expectRightAnswer)

  test('says by itself that the firmware has stopped in a fault', async () => {
    machine.core.pc = 0x60000000
    machine.core.sleeping = false
    await expect(firmware.hello()).rejects.toMatchObject({
      code: 'BOARD_FAULT',
      context: { causes: ['instruction bus error'] },
    })
  })
})

const RCC = 0x40023800
const [HSERDY, PLLRDY] = [1 << 17, 1 << 25]

/** An RCC whose ready bits in `mask` are never set. */
const neverReady = (mask: number) => (broken: Machine) =>
  broken.bus.attach(RCC, 1024, {
    read: (offset) => broken.rcc.read(offset) & (offset === 0 ? ~mask : ~0),
    write: (offset, value, bytes) => broken.rcc.write(offset, value, bytes),
  })

describe('a board with a part missing still answers and runs models', () => {
  test('a dead crystal', async () => {
    expect(await powerOn(boardData, neverReady(HSERDY))).toMatchObject({ clockSource: 'hsi_pll', clock: 168_000_000 })
    await expectRightAnswer()
  })

  test('no clock but the internal oscillator', async () => {
    expect(await powerOn(boardData, neverReady(HSERDY | PLLRDY))).toMatchObject({
      clockSource: 'hsi',
      clock: 16_000_000,
    })
    await expectRightAnswer()
  })

  test('no core-coupled memory', async () => {
    const hello = await powerOn({ ...boardData, ram: boardData.ram.filter((region) => region.name !== 'CCM') })
    expect(hello.ccmBytes).toBe(0)
    await expectRightAnswer()
  })
})
