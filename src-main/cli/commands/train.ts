import { z } from 'zod'
import { formatAuc, formatExactBytes } from '../../contract/format.ts'
import { trainModel } from '../../jobs/train-model.ts'
import { defineCommand } from '../command.ts'
import { outFlag, quick, quickFlag, seed, seedFlag, standalone, task, taskFlag } from '../shared-options.ts'
import { formatPairs } from '../table.ts'

export const train = defineCommand({
  name: 'train',
  args: [],
  summary: 'Train the float model of a task',
  flags: [taskFlag, outFlag, seedFlag, quickFlag],
  options: z.object({ task, out: z.string(), seed, quick }),
  run: (_, { seed, ...request }, io) => trainModel(request, standalone(io, seed)),
  print: ({ model, aucFloat, aucEnergy, aucUntrained }) =>
    formatPairs([
      ['model', `${model.file}, ${formatExactBytes(model.bytes)}`],
      ['AUC, float model', formatAuc(aucFloat, 3)],
      ['AUC, frame energy alone', formatAuc(aucEnergy, 3)],
      ['AUC, untrained net', formatAuc(aucUntrained, 3)],
    ]),
})
