// The firmware's serial line on the emulated USART, in emulated time alone.

import { beforeEach, describe, expect, test } from 'vitest'
import type { Clock } from '../../src-main/base/clock.ts'
import { hz } from '../../src-main/base/units.ts'
import { createRng } from '../../src-main/base/rng.ts'
import type { ByteStream } from '../../src-main/device/byte-stream.ts'
import { createFirmwareClient, type FirmwareClient } from '../../src-main/device/firmware-client.ts'
import { createLink } from '../../src-main/device/link.ts'
import { HEADER_BYTES, CRC_BYTES, payloadBytes } from '../../src-main/device/link-protocol.ts'
import type { BoardData } from '../../src-main/device/board-data.ts'
import { Machine } from '../../src-main/emulator/machine.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { BOARD_IDS, virtualBoard } from './virtual-session.ts'

const SLICE_CYCLES = 100_000
const { graph, inputs } = randomNetwork(createRng(41))

let machine: Machine
let clock: Clock
let firmware: FirmwareClient

/** Lets the machine run, or its time pass while it sleeps, until bytes have come or the wait is over. */
function serialLine(): ByteStream {
  const sent: number[] = []
  machine.serialPort.onTransmit = (byte) => sent.push(byte)
  return {
    write: async (data) => void machine.serialPort.receive(data),
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
async function powerOn(
  id: string,
  change: (machine: Machine) => void = () => undefined,
  data: BoardData = virtualBoard(id).boardData,
) {
  const { blobOf, firmwareImage } = virtualBoard(id)
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

describe.each(BOARD_IDS)('the USART of the virtual board %s', (id) => {
  beforeEach(() => powerOn(id))

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

test('an F746 Discovery, whose 25 MHz crystal is not the clock that the image expects, runs from the internal oscillator', async () => {
  const { boardData } = virtualBoard('stm32f746')
  const crystal = { kind: 'crystal', hz: hz(25_000_000) } as const // UM1907
  const discovery = { ...boardData, board: 'STM32F746G-DISCO', highSpeedClock: crystal }
  const hello = await powerOn('stm32f746', undefined, discovery)
  expect(hello).toMatchObject({ clockSource: 'hsi_pll', clock: 216_000_000 })
  expect(machine.rcc.coreHz).toBe(216_000_000)
  await expectRightAnswer()
})

/** Where RCC_CR is, its ready bits, and the clocks without crystal and without PLL. */
const CLOCKS: Record<string, { rcc: number; hse: number; pll: number; fast: number; slow: number }> = {
  stm32f407: { rcc: 0x40023800, hse: 1 << 17, pll: 1 << 25, fast: 168_000_000, slow: 16_000_000 },
  stm32f746: { rcc: 0x40023800, hse: 1 << 17, pll: 1 << 25, fast: 216_000_000, slow: 16_000_000 },
  stm32h743: { rcc: 0x58024400, hse: 1 << 17, pll: 1 << 25, fast: 480_000_000, slow: 64_000_000 },
}

/** An RCC whose ready bits in `mask` are never set. */
const neverReady = (rcc: number, mask: number) => (broken: Machine) =>
  broken.bus.attach(rcc, 1024, {
    read: (offset) => broken.rcc.read(offset) & (offset === 0 ? ~mask : ~0),
    write: (offset, value, bytes) => broken.rcc.write(offset, value, bytes),
  })

describe.each(BOARD_IDS)('%s with a part missing still answers and runs models', (id) => {
  const { rcc, hse, pll, fast, slow } = CLOCKS[id]!

  test('a dead crystal', async () => {
    expect(await powerOn(id, neverReady(rcc, hse))).toMatchObject({ clockSource: 'hsi_pll', clock: fast })
    await expectRightAnswer()
  })

  test('no clock but the internal oscillator', async () => {
    expect(await powerOn(id, neverReady(rcc, hse | pll))).toMatchObject({ clockSource: 'hsi', clock: slow })
    await expectRightAnswer()
  })
})

test('an STM32F405 without core-coupled memory still answers and runs models', async () => {
  const { boardData } = virtualBoard('stm32f407')
  const data = { ...boardData, ram: boardData.ram.filter((region) => region.name !== 'CCM') }
  expect((await powerOn('stm32f407', undefined, data)).ccmBytes).toBe(0)
  await expectRightAnswer()
})

/** What answers there instead of a peripheral: nothing is ever ready. */
const silent = (start: number) => (broken: Machine) =>
  broken.bus.attach(start, 1024, { read: () => 0, write: () => {} })

test('an STM32F746 without over-drive stays on its internal oscillator', async () => {
  expect(await powerOn('stm32f746', silent(0x40007000))).toMatchObject({ clockSource: 'hsi', clock: 16_000_000 })
  await expectRightAnswer()
})

test('an STM32H743 whose voltage does not rise stays on its internal oscillator', async () => {
  expect(await powerOn('stm32h743', silent(0x58024800))).toMatchObject({ clockSource: 'hsi', clock: 64_000_000 })
  await expectRightAnswer()
})

test('an STM32H743 of revision Y runs at 400 MHz and says so', async () => {
  const revisionY = (machine: Machine) =>
    machine.bus.attach(0x5c001000, 1024, { read: (offset) => (offset === 0 ? 0x10030450 : 0), write: () => {} })
  expect(await powerOn('stm32h743', revisionY)).toMatchObject({ clockSource: 'hse_pll', clock: 400_000_000 })
  expect(machine.rcc.coreHz).toBe(400_000_000)
  await expectRightAnswer()
})
