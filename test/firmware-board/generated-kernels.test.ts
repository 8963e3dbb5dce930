// Generated kernels on the virtual boards: the bytes of the interpreter at every inference, in fewer instructions than the
// plain kernels take. Figures are printed by: npm run -s vitest -- run test/firmware-board/generated-kernels.test.ts

import { afterAll, describe, expect, test } from 'vitest'
import { crc32 } from '../../src-main/base/hash.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { profileInference } from '../../src-main/bench/profile.ts'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import type { Graph, TensorData } from '../../src-main/ir/graph.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { opMacs } from '../../src-main/ir/op-table.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import type { KernelSource } from '../../src-main/plan/planned-kernel.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { MLPERF_MODELS, expectedAnswers, hasMlperfTiny, mlperfFile, patternInput } from '../support/mlperf-tiny.ts'
import { BOARD_IDS, randomInputs, virtualBoard } from './virtual-session.ts'

interface Figures {
  instructions: number
  cycles: number
  output: Uint8Array
}
/** CRC-32 of TensorFlow Lite Micro's int8 output for the pattern, byte i of which is (7i + 3) mod 256. */
const TFLM_OUTPUTS = { kws_int8: 0x13130e90, ic_int8: 0x5fc056ba, ad_int8: 0xfddb96af }
const rows: string[] = []

/** What the last inference takes and makes; each has the interpreter's bytes. */
async function measure(id: string, graph: Graph, sets: readonly TensorData[][], kernels: KernelSource) {
  const { boardData, withModel } = virtualBoard(id)
  const plan = planModel(graph, boardData, { kernels })
  const interpreter = createInterpreter(graph)
  const ops = graph.ops.map((op) => ({ op: op.kind, macs: opMacs(graph, op) }))
  let figures: Figures = { instructions: 0, cycles: 0, output: new Uint8Array(0) }
  await withModel(packModel(plan).blob, async (session) => {
    const firmware = session.firmware()
    const { clock } = await firmware.hello()
    const model = await firmware.openModel()
    for (const inputs of sets) {
      const wanted = interpreter.run(inputs).map(bytesOf)
      const { outputs, instructions, cycles } = await profileInference(session, model, clock, inputs.map(bytesOf), ops)
      expect(outputs).toEqual(wanted)
      figures = { instructions: instructions!, cycles: cycles!, output: outputs[0]! }
    }
  })
  return { plan, figures }
}

describe('generated kernels', () => {
  test.each(BOARD_IDS.flatMap((id) => [11, 12, 13, 14, 15, 16].map((seed) => ({ id, seed }))))(
    'random network $seed on $id',
    async ({ id, seed }) => {
      const { graph, inputs } = randomNetwork(createRng(seed))
      await measure(id, graph, [inputs], 'generated')
    },
  )

  test.skipIf(!hasMlperfTiny).each(BOARD_IDS.flatMap((id) => MLPERF_MODELS.map((name) => ({ id, name }))))(
    '$name on $id',
    async ({ id, name }) => {
      const graph = readTflite(mlperfFile(`${name}.tflite`), name)
      const pattern: TensorData[] = [patternInput(0, expectedAnswers(name).inputs.bytes)]
      const generated = await measure(id, graph, [...randomInputs(graph, 1, 9), pattern], 'generated')
      const plain = await measure(id, graph, [pattern], 'plain')
      for (const { figures } of [generated, plain]) expect(crc32(figures.output)).toBe(TFLM_OUTPUTS[name])
      expect(generated.plan.kernels.filter(({ source }) => source === 'generated').length).toBeGreaterThan(0)
      expect(generated.figures.instructions).toBeLessThan(plain.figures.instructions * 0.6)
      rows.push(
        `${name} on ${id}: ${plain.figures.instructions} -> ${generated.figures.instructions} instructions, ` +
          `${plain.figures.cycles} -> ${generated.figures.cycles} cycles; arena ${plain.plan.arenaBytes} -> ` +
          `${generated.plan.arenaBytes}, constants and code ${plain.plan.constants.total} -> ` +
          `${generated.plan.constants.total} bytes`,
      )
    },
    400_000,
  )
})

afterAll(() => {
  for (const row of rows) console.log(row)
})
