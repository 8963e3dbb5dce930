// The chooser's estimate of instructions beside what the emulated M4 counts, over random layers of each emitter. Figures are
// printed by: npm run -s vitest -- run test/codegen/cost-model.test.ts

import { afterAll, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { emitOp } from '../../src-main/codegen/emit-op.ts'
import { elementCount } from '../../src-main/ir/graph.ts'
import { estimateInstructions } from '../../src-main/plan/kernel-cost.ts'
import { COST_FAMILIES } from './cost-layers.ts'
import { bytesOf, randomInt8 } from './random-layers.ts'
import { runKernel } from './run-kernel.ts'

/** Layers of each emitter that the estimate is tried on, other ones than it was fitted to. */
const COUNT = Number(process.env.THIMBLE_COST_LAYERS ?? 5)
const SEED = 7

/** Of the median layer. Pools have borders and remainders of channels that no term counts, and take little of a model. */
const WITHIN: Readonly<Record<string, number>> = {
  ...{ 'convolution int16': 0.2, 'convolution packed8': 0.15, winograd: 0.12, 'depthwise of other windows': 0.2 },
  ...{ 'average pool': 0.45, 'max pool': 0.5, mean: 0.45 },
}
const USUALLY_WITHIN = 0.05

const rows: string[] = []

test.each(Object.entries(COST_FAMILIES))(
  '%s takes about what is estimated',
  (name, { graph: make, variant }) => {
    const rng = createRng(SEED).fork(name)
    const errors: number[] = []
    let instructions = 0
    for (let seed = 0; errors.length < COUNT; seed++) {
      const graph = make(rng, SEED * 1000 + seed)
      const op = graph.ops[0]!
      const emitted = emitOp(graph, op, variant)
      if (emitted === undefined) continue
      const inputs = graph.inputs.map((id) => randomInt8(rng, elementCount(graph.tensors[id]!.shape)))
      const [first, second] = inputs.map(bytesOf) as [Uint8Array, Uint8Array | undefined]
      const outputs = elementCount(graph.tensors[op.outputs[0]!]!.shape)
      const run = runKernel(emitted.kernel, first, outputs, 'stm32f407', second)
      const choice = { source: 'generated', reason: 'fastest that fits', weights: variant.weights, emitted } as const
      errors.push(estimateInstructions(graph, op, choice) / run.instructions - 1)
      instructions += run.instructions
    }
    const sizes = errors.map(Math.abs).sort((a, b) => a - b)
    const median = sizes[sizes.length >> 1]!
    const percent = (value: number) => `${(100 * value).toFixed(1)} %`
    rows.push(
      `${name}: ${COUNT} layers, ${instructions} instructions; the estimate is off by ${percent(median)} in the ` +
        `median, ${percent(sizes.at(-1)!)} at most`,
    )
    expect(median).toBeLessThan(WITHIN[name] ?? USUALLY_WITHIN)
  },
  300_000,
)

afterAll(() => {
  for (const row of rows) console.log(row)
})
