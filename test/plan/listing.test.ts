// `thimble plan --listing`: what it prints is a source of the very bytes that are packed.

import { describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { readPackedModel } from '../../src-main/pack/reader.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planListing } from '../../src-main/plan/listing.ts'
import { planModel, type Plan } from '../../src-main/plan/plan.ts'
import { assembleWithGnu, hex } from '../codegen/gnu-as.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { SMALL_MODEL } from '../pack/small-model.ts'

/** Of the first network from this seed on that has two generated kernels or more, and a plain one. */
function planOf(firstSeed: number, board: string): Plan {
  for (let seed = firstSeed; ; seed++) {
    const plan = planModel(randomNetwork(createRng(seed)).graph, findBoardData(board)!, { kernels: 'generated' })
    const generated = plan.kernels.filter(({ source }) => source === 'generated').length
    if (generated >= 2 && generated < plan.kernels.length) return plan
  }
}

describe.each([
  [4, 'stm32f407', 'cortex-m4'],
  [7, 'stm32f746', 'cortex-m7'],
] as const)('a network from seed %i on, %s', (seed, board, cpu) => {
  const plan = planOf(seed, board)
  const lines = planListing(plan).split('\n')

  test('GNU as makes the packed code of it', async () => {
    const { code } = readPackedModel(packModel(plan).blob)
    expect(code.length).toBeGreaterThan(0)
    expect(hex(await assembleWithGnu(lines, cpu))).toBe(hex(code))
  })

  test('every layer says what runs it and why, and every instruction its address and bytes', () => {
    const titles = lines.filter((line) => line.startsWith('@ layer '))
    expect(titles.map((title) => title.split(/[ ,]+/)[3])).toEqual(plan.graph.ops.map(({ kind }) => kind))
    expect(lines.filter((line) => /^@ .*because/.test(line))).toHaveLength(plan.graph.ops.length)
    const shown = lines.flatMap((line) => /@ [0-9a-f]{4}: ((?:[0-9a-f]{4} ?)+)(?:$| )/.exec(line)?.[1] ?? [])
    const bytes = shown.flatMap((text) =>
      text
        .trim()
        .split(' ')
        .flatMap((halfword) => [parseInt(halfword.slice(2), 16), parseInt(halfword.slice(0, 2), 16)]),
    )
    const wanted = plan.kernels.flatMap((kernel) =>
      kernel.source === 'generated'
        ? kernel.emitted.kernel.code.lines.filter((line) => line.bytes.length <= 8).flatMap((line) => [...line.bytes])
        : [],
    )
    expect(bytes).toEqual(wanted)
  })
})

test('plain kernels have no code to show, and a name cannot end its remark', () => {
  const tensors = SMALL_MODEL.tensors.map((tensor) => ({ ...tensor, name: `${tensor.name}\n    bkpt` }))
  const text = planListing(planModel({ ...SMALL_MODEL, tensors }, findBoardData('stm32f407')!))
  expect(text).toContain('because plain kernels were asked for')
  const code = text.split('\n').filter((line) => line !== '' && !line.startsWith('@'))
  expect(code.map((line) => line.trim())).toEqual(['.syntax unified', '.thumb', '.text'])
})
