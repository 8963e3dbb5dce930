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
import { randomNetwork } from '../firmware/random-networks.ts'
import { MLPERF_MODELS, hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'
import { blobOf, boardData, randomInputs, withModel } from './virtual-session.ts'

const joined = (parts: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(parts))

async function expectThreeAgree(graph: Graph, sets: readonly TensorData[][]) {
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
  test.each([11, 12, 13, 14, 15, 16])('random network %i', async (seed) => {
    const { graph, inputs } = randomNetwork(createRng(seed))
    await expectThreeAgree(graph, [inputs])
  })

  test.skipIf(!hasMlperfTiny).each(MLPERF_MODELS)(
    '%s with 20 random inputs',
    async (name) => {
      const graph = readTflite(mlperfFile(`${name}.tflite`), name)
      await expectThreeAgree(graph, randomInputs(graph, 20, 9))
    },
    400_000,
  )
})
