// The firmware's kernels, translated and interpreted: the same outputs in the same cycles, op by op, with the waits that
// the firmware's own clock set-up brings.

import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import { BoardHost } from '../../src-main/emulator/board-host.ts'
import { bytesOf } from '../firmware/equal-to-interpreter.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { BOARD_IDS, virtualBoard } from './virtual-session.ts'

/** A virtual board whose machine can be looked into. */
async function openBoard(id: string, translate: 'eager' | true | false) {
  const { boardData: data } = virtualBoard(id)
  const host = new BoardHost(data, { translate })
  const probe = await openStlinkProbe(
    {
      exchange: async (commands) => {
        const reply = host.serve({ kind: 'probe', commands })
        if (!reply.ok) throw new Error(reply.error.message)
        await new Promise((resolve) => setImmediate(resolve))
        return reply.value as Uint8Array[]
      },
      close: () => Promise.resolve(),
    },
    { serial: id },
  )
  const close = () => Promise.resolve(host.close())
  return { machine: host.machine, id, data, provenance: 'emulated', timing: data.timing, probe, close } as const
}

/** Three inferences: the code of the later ones has been translated. */
async function runModel(
  id: string,
  blob: Uint8Array,
  inputs: readonly Uint8Array[],
  translate: 'eager' | true | false,
) {
  const board = await openBoard(id, translate)
  try {
    const session = await connectBoard(board)
    await session.flash(virtualBoard(id).firmwareImage, blob)
    const firmware = session.firmware()
    const { ops } = await firmware.openModel()
    const results = []
    for (let round = 0; round < 3; round++) {
      const { outputs, cycles } = await firmware.infer(inputs)
      results.push({ outputs, cycles, ops: await firmware.runOps(0, ops, { profile: true }) })
    }
    const { core } = board.machine
    if (translate === 'eager') expect(core.code.entries.size).toBeGreaterThan(0)
    if (translate === false) expect(core.code.entries.size).toBe(0)
    return { results, waits: core.memoryTiming?.most }
  } finally {
    await board.close()
  }
}

const SEEDS = [31, 32, 33, 34, 35, 36]
const CASES = SEEDS.map((seed, index) => ({ seed, id: BOARD_IDS[index % BOARD_IDS.length]! }))

/** The costliest accesses at the firmware's clock: RM0090 table 10, 168 MHz at 3.3 V; the others as docs/timing.md has them. */
const FLASH_WAITS: Readonly<Record<string, unknown>> = {
  stm32f407: { fetch: 5, load: 5, store: 0 },
  stm32f746: { fetch: 11, load: 11, store: 0 },
  stm32h743: { fetch: 16, load: 16, store: 0 },
}

test.each(CASES)('random network $seed on $id', async ({ id, seed }) => {
  const { graph, inputs } = randomNetwork(createRng(seed))
  const blob = virtualBoard(id).blobOf(graph)
  const interpreted = await runModel(id, blob, inputs.map(bytesOf), false)
  expect(interpreted.waits).toEqual(FLASH_WAITS[id])
  for (const translate of ['eager', true] as const) {
    expect(await runModel(id, blob, inputs.map(bytesOf), translate)).toEqual(interpreted)
  }
})
