// A model that was packed for another board and got into flash by another way than `thimble flash`, which packs for the
// board that it flashes. Machine code is refused by the firmware; a model without any means the same on every core.

import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { readPackedModel } from '../../src-main/pack/reader.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import type { KernelSource } from '../../src-main/plan/planned-kernel.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { FaultyLine } from './faulty-line.ts'

const { graph, inputs } = randomNetwork(createRng(11))
const blobFor = (id: string, kernels: KernelSource) => packModel(planModel(graph, findBoardData(id)!, { kernels })).blob

const OTHERS = [
  { board: 'stm32f407', packedFor: 'stm32h743' },
  { board: 'stm32h743', packedFor: 'stm32f407' },
]

test.each(OTHERS)(
  '$board refuses machine code for $packedFor',
  async ({ board, packedFor }) => {
    const blob = blobFor(packedFor, 'generated')
    expect(readPackedModel(blob).code.length).toBeGreaterThan(0)
    const { firmware } = new FaultyLine(board, blob).connect()
    await firmware.hello()
    await expect(firmware.openModel()).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      context: { reason: 'BAD_TARGET' },
    })
  },
  60_000,
)

test.each(OTHERS)(
  '$board runs a model without machine code that was packed for $packedFor',
  async ({ board, packedFor }) => {
    const { firmware } = new FaultyLine(board, blobFor(packedFor, 'plain')).connect()
    await firmware.hello()
    await firmware.openModel()
    const { outputs } = await firmware.infer(inputs.map(bytesOf))
    expect(outputs).toEqual(createInterpreter(graph).run(inputs).map(bytesOf))
  },
  60_000,
)
