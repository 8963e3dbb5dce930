// Rewritten networks on the firmware built for the host: the outputs of the graph as it was given.

import { expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { createInterpreter } from '../../src-main/ir/interpreter/interpreter.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { rewritableNetwork } from '../plan/rewritable-networks.ts'
import { bytesOf } from './equal-to-interpreter.ts'
import { runHostFirmware } from './host-firmware.ts'

const BOARD = findBoardData('stm32f407')!
const COUNT = 150

test('rewritten, a network gives the bytes that it gave', () => {
  const cases = Array.from({ length: COUNT }, (_, i) => {
    const { graph, inputs } = rewritableNetwork(createRng(5000 + i).fork('rewritable'))
    const plan = planModel(graph, BOARD, { kernels: 'plain', rewrite: true })
    return { plan, values: inputs() }
  })
  const results = runHostFirmware(
    cases.map(({ plan, values }) => ({
      blob: packModel(plan).blob,
      arenaBytes: plan.arenaBytes,
      inputs: [new Uint8Array(Buffer.concat(values.map(bytesOf)))],
      withOps: false,
    })),
  )
  cases.forEach(({ plan, values }, i) => {
    const wanted = createInterpreter(plan.source).run(values).map(bytesOf)
    const { status, runs } = results[i]!
    expect([i, status]).toEqual([i, 'OK'])
    expect([i, ...wanted.map((output, k) => Buffer.compare(output, runs[0]![k]!))]).toEqual([i, ...wanted.map(() => 0)])
  })
  expect(cases.filter(({ plan }) => plan.keptChannels.size > 0).length).toBeGreaterThan(COUNT / 10)
})
