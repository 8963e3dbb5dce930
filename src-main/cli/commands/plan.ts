import { z } from 'zod'
import { formatBytes, formatExactBytes, formatLatency, NOTHING } from '../../contract/format.ts'
import { planModelFile, type PlanFileReport } from '../../jobs/plan-model.ts'
import { defineCommand, flagOn } from '../command.ts'
import { boardFlag, plainFlag } from '../shared-options.ts'
import { formatPairs, formatTable, shortName } from '../table.ts'

export const plan = defineCommand({
  name: 'plan',
  args: ['<file>'],
  summary: "Where a model would lie in a board's memories, against the budget",
  flags: [
    boardFlag,
    plainFlag,
    {
      name: 'listing',
      text: 'the machine code made for each layer, as assembly with remarks, and why each was chosen',
    },
  ],
  options: z.object({ board: z.string(), plain: flagOn, listing: flagOn }),
  run: async ([file], { board, plain, listing }, { terminal }) =>
    planModelFile({
      file: file!,
      boardId: board,
      assetsDir: terminal.assetsDir,
      kernels: plain ? 'plain' : 'generated',
      listing,
    }),
  print({ listing, board, flash, ram, stack, arena, kernels, rewrites, latency }) {
    if (listing !== undefined) return listing
    const head = formatPairs([
      ['board', board],
      ['flash for weights', `${formatBytes(flash.needed)} of ${formatBytes(flash.budget)}`],
      [
        'RAM for activations',
        `${formatBytes(ram.needed)} (${formatExactBytes(ram.needed)}) of ${formatBytes(ram.budget)}`,
      ],
      ['lower bound', formatExactBytes(ram.lowerBound)],
      [
        'stack of kernels',
        `${formatExactBytes(stack.needed)} of ${stack.available === null ? NOTHING : formatExactBytes(stack.available)}`,
      ],
      ['latency', `≈\u00a0${formatLatency(latency.latencyUs)}, Estimated`],
    ])
    const map = formatTable(
      ['tensor', 'offset', 'bytes', 'from op', 'to op'],
      arena.map(({ name, offset, bytes, firstOp, lastOp }) => [
        shortName(name),
        ...[offset, bytes, firstOp, lastOp].map(String),
      ]),
    )
    const layers = formatTable(
      ['layer', 'op', 'kernel', 'weights', 'why', 'code', 'constants', 'scratch', 'stack'],
      kernels.map(
        ({ index, op, source, family, weights, reason, codeBytes, constantBytes, scratchBytes, stackBytes }) => [
          ...[String(index), op, family ?? source, weights ?? NOTHING, reason],
          ...[codeBytes, constantBytes, scratchBytes, stackBytes].map(String),
        ],
      ),
    )
    return [head, ...rewrites.map(rewriteText), map, layers].join('\n\n')
  },
})

/** What a rewrite did, with the layers that it took or made smaller. */
function rewriteText({ rewrite, layers, saved }: PlanFileReport['rewrites'][number]): string {
  const what = [
    `${saved.ops} ops`,
    `${saved.macs} MACs`,
    `${formatExactBytes(saved.constantBytes)} of constants`,
    `${formatExactBytes(saved.activationBytes)} of activations`,
  ]
  return [`${rewrite}, saves ${what.join(', ')}`, ...layers.map((layer) => `  ${layer}`)].join('\n')
}
