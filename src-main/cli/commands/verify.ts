import { z } from 'zod'
import { formatInteger, formatSignificant, NOTHING } from '../../contract/format.ts'
import { verifyModel, type VerifyFileReport } from '../../jobs/verify-model.ts'
import { defineCommand, wholeNumber } from '../command.ts'
import {
  boardFlag,
  boardPlace,
  DEFAULT_BOARD,
  boardPlaceFlags,
  boardPlaceOptions,
  seed,
  seedFlag,
  standalone,
} from '../shared-options.ts'
import { formatTable, shortName } from '../table.ts'

export const verify = defineCommand({
  name: 'verify',
  args: ['<file>'],
  summary: 'Compare a model layer by layer: with its float form, and on a board with the interpreter',
  flags: [
    { name: 'against', value: '<file>', text: 'the float model that it was made of' },
    { ...boardFlag, text: `an int8 model is run there op by op (${DEFAULT_BOARD})` },
    { name: 'samples', value: '<n>', text: 'random inputs to compare on (4)' },
    seedFlag,
    ...boardPlaceFlags,
  ],
  options: z.object({
    against: z.string().optional(),
    board: z.string().default(DEFAULT_BOARD),
    samples: wholeNumber.default(4),
    seed,
    ...boardPlaceOptions,
  }),
  run: ([file], { against, samples, seed, ...place }, io) =>
    verifyModel({ file: file!, against, samples, ...boardPlace(place, io) }, standalone(io, seed)),
  print: (report) => report.stages.map(stageText).join('\n\n'),
})

const decibels = (value: number | null) => (value === null ? 'no error' : formatSignificant(value))

function stageText(stage: VerifyFileReport['stages'][number]): string {
  const limit = 'limit' in stage.gate ? ` ${stage.gate.limit}` : ''
  const head = `${stage.reference} → ${stage.candidate}, ${stage.samples} × random input, gate: ${stage.gate.kind}${limit}`
  const rows = stage.layers.map(({ index, op, output, own, accumulated, passed }) => [
    String(index),
    op,
    shortName(output),
    own === null ? NOTHING : own.maxAbs.toPrecision(3),
    own === null ? NOTHING : formatInteger(own.mismatches),
    accumulated.maxAbs.toPrecision(3),
    decibels(accumulated.sqnrDb),
    passed ? 'pass' : 'FAIL',
  ])
  const titles = ['layer', 'op', 'output', 'max error', 'differing', 'accumulated', 'SQNR, dB', 'gate']
  const removed = stage.removed.map(({ index, op, output }) => `${index} ${op} ${shortName(output)}`)
  const gone = removed.length > 0 ? [`removed by exact rewrites, not compared: ${removed.join(', ')}`] : []
  return [head, formatTable(titles, rows), ...gone, stage.passed ? 'passed' : 'NOT passed'].join('\n')
}
