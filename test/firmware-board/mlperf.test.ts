// MLPerf Tiny's protocol on the virtual boards: over the emulated USART, driven as a runner does.

import { beforeAll, describe, expect, test } from 'vitest'
import type { Clock } from '../../src-main/base/clock.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { createMlperfDevice } from '../../src-main/bench/mlperf-device.ts'
import { measureThroughput } from '../../src-main/bench/mlperf.ts'
import type { ByteStream } from '../../src-main/device/byte-stream.ts'
import { createFirmwareClient } from '../../src-main/device/firmware-client.ts'
import { createLink } from '../../src-main/device/link.ts'
import { MLPERF_TASKS, type MlperfTask } from '../../src-main/device/mlperf-protocol.ts'
import { Machine } from '../../src-main/emulator/machine.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import type { Graph } from '../../src-main/ir/graph.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel, type Plan } from '../../src-main/plan/plan.ts'
import { hasMlperfTiny, mlperfFile, type MlperfModel } from '../support/mlperf-tiny.ts'
import { mlperfNetwork, mlperfWindow } from '../support/mlperf-network.ts'
import { BOARD_IDS, virtualBoard } from './virtual-session.ts'

const SLICE_CYCLES = 200_000
const LONG_MS = 300_000

/** A machine with a model in its flash, its serial line and its clock. */
function powerOn(id: string, graph: Graph): { stream: ByteStream; clock: Clock; machine: Machine; plan: Plan } {
  const { boardData: data, firmwareImage } = virtualBoard(id)
  const machine = new Machine(data)
  machine.preload(data.firmwareRegion.start, firmwareImage)
  const plan = planModel(graph, data, { kernels: 'generated' })
  machine.preload(data.modelRegion.start, packModel(plan).blob)
  machine.reset()
  const sent: number[] = []
  machine.serialPort.onTransmit = (byte) => sent.push(byte)
  const clock = { monotonicMs: () => (machine.scheduler.now / data.clock) * 1000, now: () => new Date(0) }
  const stream: ByteStream = {
    write: async (bytes) => void machine.serialPort.receive(bytes),
    read: async (waitMs) => {
      const end = clock.monotonicMs() + waitMs
      while (sent.length === 0 && clock.monotonicMs() < end) {
        if (machine.run(SLICE_CYCLES) === 'asleep') machine.sleep(SLICE_CYCLES)
      }
      return Uint8Array.from(sent.splice(0))
    },
    close: async () => undefined,
  }
  return { stream, clock, machine, plan }
}

const PAINT = 0xa5
/** tm_runtime_stack_bytes in the linker scripts, and what of it the sleeping loop has at least. */
const RUNTIME_STACK = 1024
const LOOP_STACK = 64

/** Paints what is free below the stack pointer, and says later how much of it was used. */
function paintStack({ core, data, memory }: Machine): () => number {
  const pointer = core.r[13]!
  const region = data.ram.find(({ start, size }) => pointer >= start && pointer <= start + size)!
  const free = memory.u8.subarray(memory.offsetOf(region.start), memory.offsetOf(pointer - 1) + 1).fill(PAINT)
  return () => free.length - free.findIndex((byte) => byte !== PAINT)
}

/** At a rate that a frame asked for, which holds for text too. */
async function goFaster(stream: ByteStream, clock: Clock) {
  const link = createLink({ ...stream, serial: { setBaud: async () => undefined } }, clock)
  await createFirmwareClient(link).hello()
  await link.changeBaud(921_600)
}

async function expectRun(id: string, task: MlperfTask, graph: Graph, { seed, fast }: { seed: number; fast: boolean }) {
  const { stream, clock, machine, plan } = powerOn(id, graph)
  if (fast) await goFaster(stream, clock)
  const device = createMlperfDevice(stream, undefined, clock)
  expect([await device.name(), await device.model()]).toEqual(['thimble', task.id])
  const { loaded, expected } = mlperfWindow(graph, task, createRng(seed))
  await device.load(loaded)
  const stackUsed = paintStack(machine)
  const before = clock.monotonicMs()
  const { elapsed, results } = await device.infer(4, 1)
  expect(stackUsed()).toBeLessThan(RUNTIME_STACK - LOOP_STACK + plan.stack.needed)
  expect(results).toEqual(expected)
  expect(elapsed).toBeGreaterThan(0)
  expect(elapsed / 1000).toBeLessThan(clock.monotonicMs() - before)
  return { stream, clock, device, elapsed }
}

/** All of them on one board: an input of vww01 is 64,000 characters on the line. */
const tasksOn = (id: string) => (id === 'stm32f407' ? MLPERF_TASKS : MLPERF_TASKS.filter((task) => task.id === 'kws01'))

describe.each(BOARD_IDS)('on %s', (id) => {
  test.each(tasksOn(id))(
    '$id is served, and its results are the interpreter’s',
    async (task) => {
      await expectRun(id, task, mlperfNetwork(task, createRng(11)), { seed: 12, fast: true })
    },
    LONG_MS,
  )

  test('the framed link goes on after it, and it after the framed link', async () => {
    const task = MLPERF_TASKS[0]
    const graph = mlperfNetwork(task, createRng(13))
    const { stream, clock, device } = await expectRun(id, task, graph, { seed: 14, fast: false })
    const firmware = createFirmwareClient(createLink(stream, clock))
    expect((await firmware.hello()).chipId).toBe(virtualBoard(id).boardData.idCode)
    expect((await firmware.openModel()).ops).toBe(graph.ops.length)
    expect(await device.name()).toBe('thimble')
    const { loaded, expected } = mlperfWindow(graph, task, createRng(15))
    await device.load(loaded)
    expect((await device.infer(1, 0)).results).toEqual(expected)
  })
})

test('a line is as fast as it was asked to be, and a window as long', async () => {
  const task = MLPERF_TASKS[3]
  const graph = mlperfNetwork(task, createRng(16))
  const { stream, clock } = powerOn('stm32f407', graph)
  await goFaster(stream, clock)
  const device = createMlperfDevice(stream, undefined, clock)
  expect(await device.name()).toBe('thimble')
  const { loaded, expected } = mlperfWindow(graph, task, createRng(17))
  const before = clock.monotonicMs()
  await device.load(loaded)
  expect(clock.monotonicMs() - before).toBeLessThan(300) // 500 ms at 115200 baud
  const measured = await measureThroughput(device, [loaded], {
    seconds: 0,
    onResults: (_, results) => expect(results).toEqual(expected),
    onWindow: () => undefined,
  })
  expect(measured).toMatchObject({ ruleMet: false, windows: [{ inferences: 10 }] })
})

const MODELS: [MlperfModel, string][] = [
  ['kws_int8', 'kws01'],
  ['ad_int8', 'ad01'],
]

describe.skipIf(!hasMlperfTiny).each(MODELS)('%s', (file, id) => {
  let graph: Graph
  beforeAll(() => {
    graph = readTflite(mlperfFile(`${file}.tflite`), file)
  })

  test('is known by its sizes, and runs at the rate of its cycles', async () => {
    const task = MLPERF_TASKS.find((row) => row.id === id)!
    const { device } = await expectRun('stm32f407', task, graph, { seed: 18, fast: true })
    await device.load(mlperfWindow(graph, task, createRng(19)).loaded)
    const { elapsed: one } = await device.infer(1, 1)
    const { elapsed: three } = await device.infer(3, 1)
    expect(three / one).toBeGreaterThan(2.9)
    expect(three / one).toBeLessThan(3.1)
  })
})
