import { z } from 'zod'
import { formatAuc, formatBytes, formatExactBytes } from '../../contract/format.ts'
import { compressModel } from '../../jobs/compress-model.ts'
import { recipeHelp } from '../../jobs/recipes.ts'
import { defineCommand } from '../command.ts'
import { boardFlag, outFlag, quick, quickFlag, seed, seedFlag, standalone, task, taskFlag } from '../shared-options.ts'
import { formatPairs } from '../table.ts'

export const compress = defineCommand({
  name: 'compress',
  args: ['<file>'],
  summary: 'Make an int8 .tflite file of a float model',
  flags: [
    { name: 'recipe', value: '<name>', text: recipeHelp },
    { ...taskFlag, text: `calibrates and scores with the data of ${taskFlag.text}` },
    { ...boardFlag, text: 'plan for this board too' },
    outFlag,
    seedFlag,
    quickFlag,
  ],
  options: z.object({
    recipe: z.string().default('ptq'),
    task,
    board: z.string().optional(),
    out: z.string(),
    seed,
    quick,
  }),
  run: ([file], { seed, board, ...request }, io) =>
    compressModel({ file: file!, boardId: board, assetsDir: io.terminal.assetsDir, ...request }, standalone(io, seed)),
  print: ({ recipe, before, model, aucFloat, aucInt8, plan }) =>
    formatPairs([
      ['recipe', recipe],
      ['before', `${before.file}, ${formatExactBytes(before.bytes)}`],
      ['model', `${model.file}, ${formatExactBytes(model.bytes)}`],
      ['AUC, float model', formatAuc(aucFloat, 3)],
      ['AUC, int8 on this machine', formatAuc(aucInt8, 3)],
      ['flash for weights', plan ? `${formatBytes(plan.flash.needed)} of ${formatBytes(plan.flash.budget)}` : null],
      ['RAM for activations', plan ? `${formatBytes(plan.ram.needed)} of ${formatBytes(plan.ram.budget)}` : null],
    ]),
})
