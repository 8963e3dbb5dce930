// The plan's estimate of latency beside what the virtual boards count. Figures are printed by:
// npm run -s vitest -- run test/firmware-board/latency-estimate.test.ts

import { afterAll, expect, test } from 'vitest'
import { readTflite } from '../../src-main/formats/tflite/read-tflite.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { expectedAnswers, hasMlperfTiny, mlperfFile, patternInput } from '../support/mlperf-tiny.ts'
import { BOARD_IDS, virtualBoard } from './virtual-session.ts'

/** Of whole models: what src-main/plan/latency.ts promises, and room for a kernel that got better. */
const WITHIN = 0.15

const rows: string[] = []
const CASES = BOARD_IDS.flatMap((id) =>
  (['kws_int8', 'ad_int8'] as const).flatMap((name) =>
    (['generated', 'plain'] as const).map((kernels) => ({ id, name, kernels })),
  ),
)

test.skipIf(!hasMlperfTiny).each(CASES)(
  '$name on $id with $kernels kernels takes about what the plan says',
  async ({ id, name, kernels }) => {
    const graph = readTflite(mlperfFile(`${name}.tflite`), name)
    const { boardData, withModel } = virtualBoard(id)
    const plan = planModel(graph, boardData, { kernels })
    const estimated = plan.latency.cycles
    await withModel(packModel(plan).blob, async (session) => {
      const firmware = session.firmware()
      await firmware.openModel()
      const { cycles } = await firmware.infer([bytesOf(patternInput(0, expectedAnswers(name).inputs.bytes))])
      rows.push(`${name} on ${id}, ${kernels}: ${cycles} cycles, estimated ${estimated}`)
      expect(Math.abs(estimated / cycles! - 1)).toBeLessThan(WITHIN)
    })
  },
  400_000,
)

afterAll(() => {
  for (const row of rows) console.log(row)
})
