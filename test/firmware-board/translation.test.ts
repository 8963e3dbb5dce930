// The firmware's kernels, translated and interpreted: the same outputs in the same cycles, op by op.

import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { BOARD_IDS, virtualBoard } from './virtual-session.ts'

/** Three inferences: the code of the later ones has been translated. */
async function runModel(
  id: string,
  blob: Uint8Array,
  inputs: readonly Uint8Array[],
  translate: 'eager' | true | false,
) {
  const { boardData, firmwareImage } = virtualBoard(id)
  const board = await openVirtualBoard(boardData, { translate })
  try {
    const session = await connectBoard(board)
    await session.flash(firmwareImage, blob)
    const firmware = session.firmware()
    const { ops } = await firmware.openModel()
    const results = []
    for (let round = 0; round < 3; round++) {
      const { outputs, cycles } = await firmware.infer(inputs)
      results.push({ outputs, cycles, ops: await firmware.runOps(0, ops, { profile: true }) })
    }
    return results
  } finally {
    await board.close()
  }
}

const SEEDS = [31, 32, 33, 34, 35, 36]
const CASES = SEEDS.map((seed, index) => ({ seed, id: BOARD_IDS[index % BOARD_IDS.length]! }))

test.each(CASES)('random network $seed on $id', async ({ id, seed }) => {
  const { graph, inputs } = randomNetwork(createRng(seed))
  const blob = virtualBoard(id).blobOf(graph)
  const interpreted = await runModel(id, blob, inputs.map(bytesOf), false)
  for (const translate of ['eager', true] as const) {
    expect(await runModel(id, blob, inputs.map(bytesOf), translate)).toEqual(interpreted)
  }
})
