// The heart of it: the interpreter, the firmware built for this machine and the firmware on the virtual board come to
// the same bytes.

import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { profileInference } from '../../src-main/bench/profile.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import type { Graph, TensorData } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { opMacs } from '../../src-main/ir/op-table.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { runHostFirmware } from '../firmware/host-firmware.ts'
import { movingNetwork } from '../firmware/moving-network.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { MLPERF_MODELS, hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'
import { BOARD_IDS, randomInputs, virtualBoard } from './virtual-session.ts'

const joined = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

/** the quickest of them to run */
const SMALLEST = 'ad_int8'

async function expectThreeAgree(id: string, graph: Graph, sets: readonly TensorData[][]) {
  const { blobOf, boardData, withModel } = virtualBoard(id)
  const blob = blobOf(graph)
  const interpreter = createInterpreter(graph)
  const wanted = sets.map((inputs) => interpreter.run(inputs).map(bytesOf))
  const { arenaBytes } = planModel(graph, boardData)
  const [host] = runHostFirmware([{ blob, arenaBytes, inputs: sets.map((inputs) => joined(inputs.map(bytesOf))) }])
  expect(host!.runs).toEqual(wanted)

  await withModel(blob, async (session) => {
    const firmware = session.firmware()
    const hello = await firmware.hello()
    const model = await firmware.openModel()
    for (const [index, inputs] of sets.entries()) {
      const { outputs, cycles } = await firmware.infer(inputs.map(bytesOf))
      expect(outputs).toEqual(wanted[index])
      expect(cycles).toBeGreaterThan(0)
    }
    const ops = graph.ops.map((op) => ({ op: op.kind, macs: opMacs(graph, op) }))
    const profile = await profileInference(session, model, hello.clock, sets[0]!.map(bytesOf), ops)
    expect(profile.outputs).toEqual(wanted[0])
    expect(profile.layers).toHaveLength(graph.ops.length)
    const sum = (values: readonly (number | null)[]) => values.reduce<number>((total, value) => total + value!, 0)
    expect(sum(profile.layers.map((layer) => layer.cycles))).toBe(profile.cycles)
    expect(sum(profile.layers.map((layer) => layer.instructions))).toBe(profile.instructions)
    expect(profile.cycles!).toBeGreaterThanOrEqual(profile.instructions! * 0.5)
  })
}

describe('interpreter = firmware on the host = firmware on the virtual board', () => {
  test.each(BOARD_IDS.flatMap((id) => [11, 12, 13, 14, 15, 16].map((seed) => ({ id, seed }))))(
    'random network $seed on $id',
    async ({ id, seed }) => {
      const { graph, inputs } = randomNetwork(createRng(seed))
      await expectThreeAgree(id, graph, [inputs])
    },
  )

  test('a network that moves values about, on stm32f407', async () => {
    const { graph, inputs } = movingNetwork(createRng(17))
    await expectThreeAgree('stm32f407', graph, [inputs])
  })

  // The other boards run the same kernels, built for another core: one small model there is enough.
  test.skipIf(!hasMlperfTiny).each(BOARD_IDS.slice(1))(
    `${SMALLEST} with one random input on %s`,
    async (id) => {
      const graph = readTflite(mlperfFile(`${SMALLEST}.tflite`), SMALLEST)
      await expectThreeAgree(id, graph, randomInputs(graph, 1, 9))
    },
    400_000,
  )

  test.skipIf(!hasMlperfTiny).each(MLPERF_MODELS)(
    '%s with 20 random inputs',
    async (name) => {
      const graph = readTflite(mlperfFile(`${name}.tflite`), name)
      await expectThreeAgree('stm32f407', graph, randomInputs(graph, 20, 9))
    },
    400_000,
  )
})
