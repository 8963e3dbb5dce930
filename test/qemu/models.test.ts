// QEMU knows nothing of ours: it runs the image that we ship, with the model that we pack, and has to come to the bytes
// that the integer interpreter comes to.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { elementCount, type Graph, type TensorData } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { MLPERF_MODELS, hasMlperfTiny, mlperfFile } from '../support/mlperf-tiny.ts'
import { hasQemu, startQemu } from './qemu-board.ts'

const board = findBoardData('stm32f407')!
const folder = mkdtempSync(join(tmpdir(), 'thimble-qemu-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs each set of inputs on QEMU and in the interpreter. */
async function expectSameBytes(graph: Graph, sets: readonly TensorData[][]) {
  const file = join(folder, 'model.bin')
  writeFileSync(file, packModel(planModel(graph, board)).blob)
  const qemu = startQemu(file)
  try {
    await qemu.firmware.hello()
    const model = await qemu.firmware.openModel()
    expect(model.ops).toBe(graph.ops.length)
    const interpreter = createInterpreter(graph)
    for (const inputs of sets) {
      const { outputs, cycles } = await qemu.firmware.infer(inputs.map(bytesOf))
      expect(outputs).toEqual(interpreter.run(inputs).map(bytesOf))
      expect(cycles).toBeNull() // this machine counts none, and the firmware says so
    }
  } finally {
    await qemu.close()
  }
}

function randomInputs(graph: Graph, count: number, seed: number): TensorData[][] {
  const rng = createRng(seed)
  return Array.from({ length: count }, () =>
    graph.inputs.map((id) => Int8Array.from({ length: elementCount(graph.tensors[id]!.shape) }, () => rng.int(256))),
  )
}

describe.skipIf(!hasQemu)('the shipped image on QEMU gives the bytes of the integer interpreter', () => {
  test.each([1, 2, 3, 4])('random network %i', async (seed) => {
    const { graph, inputs } = randomNetwork(createRng(seed))
    await expectSameBytes(graph, [inputs])
  })

  test.skipIf(!hasMlperfTiny).each(MLPERF_MODELS)('%s with 20 random inputs', async (name) => {
    const graph = readTflite(mlperfFile(`${name}.tflite`), name)
    await expectSameBytes(graph, randomInputs(graph, 20, 5))
  })
})
