import { z } from 'zod'
import { formatBytes, formatExactBytes, formatLatency } from '../../contract/format.ts'
import { planModelFile } from '../../jobs/plan-model.ts'
import { defineCommand } from '../command.ts'
import { boardFlag } from '../shared-options.ts'
import { formatPairs, formatTable, shortName } from '../table.ts'

export const plan = defineCommand({
  name: 'plan',
  args: ['<file>'],
  summary: "Where a model would lie in a board's memories, against the budget",
  flags: [boardFlag],
  options: z.object({ board: z.string() }),
  run: async ([file], { board }, { terminal }) =>
    planModelFile({ file: file!, boardId: board, assetsDir: terminal.assetsDir }),
  print({ board, flash, ram, arena, latency }) {
    const head = formatPairs([
      ['board', board],
      ['flash for weights', `${formatBytes(flash.needed)} of ${formatBytes(flash.budget)}`],
      [
        'RAM for activations',
        `${formatBytes(ram.needed)} (${formatExactBytes(ram.needed)}) of ${formatBytes(ram.budget)}`,
      ],
      ['lower bound', formatExactBytes(ram.lowerBound)],
      ['latency', `≈\u00a0${formatLatency(latency.latencyUs)}, Estimated`],
    ])
    const map = formatTable(
      ['tensor', 'offset', 'bytes', 'from op', 'to op'],
      arena.map(({ name, offset, bytes, firstOp, lastOp }) => [
        shortName(name),
        ...[offset, bytes, firstOp, lastOp].map(String),
      ]),
    )
    return `${head}\n\n${map}`
  },
})
