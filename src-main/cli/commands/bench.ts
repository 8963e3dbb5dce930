import { z } from 'zod'
import { formatAuc, formatInteger, formatLatency } from '../../contract/format.ts'
import { AppError } from '../../base/errors.ts'
import { benchMlperf, type MlperfReport } from '../../jobs/bench-mlperf.ts'
import { benchModel } from '../../jobs/bench-model.ts'
import { defineCommand, flagOn } from '../command.ts'
import {
  boardFlag,
  boardPlace,
  boardPlaceFlags,
  boardPlaceOptions,
  quick,
  quickFlag,
  seed,
  seedFlag,
  standalone,
  task,
  taskFlag,
} from '../shared-options.ts'
import { formatPairs } from '../table.ts'
import { boardWords, timingWords } from '../words.ts'

export const bench = defineCommand({
  name: 'bench',
  args: ['<file>'],
  summary: "Latency of a model on a board, and its AUC on a task's held-out data",
  flags: [
    boardFlag,
    { ...taskFlag, text: `${taskFlag.text}; without one, random inputs` },
    seedFlag,
    quickFlag,
    { name: 'mlperf', text: "throughput over MLPerf Tiny's serial protocol: a virtual board, or serial:PATH as it is" },
    ...boardPlaceFlags,
  ],
  options: z.object({
    board: z.string(),
    ...boardPlaceOptions,
    task: task.optional(),
    seed,
    quick,
    mlperf: flagOn,
  }),
  async run([file], { seed, task, quick, mlperf, ...place }, io) {
    const work = standalone(io, seed)
    if (!mlperf) return benchModel({ file: file!, task, quick, ...boardPlace(place, io) }, work)
    if (task !== undefined || quick) throw new AppError('USAGE', '--mlperf goes with neither --task nor --quick.')
    return benchMlperf({ file: file!, ...boardPlace(place, io) }, work)
  },
  print: (value) => ('throughput' in value ? mlperfText(value) : latencyText(value)),
})

const latencyText = (value: Awaited<ReturnType<typeof benchModel>>) =>
  formatPairs([
    ['board', `${value.board}, ${boardWords(value)}`],
    ['inferences', formatInteger(value.inferences)],
    ['latency p50', formatLatency(value.latencyUs.p50)],
    ['latency p95', formatLatency(value.latencyUs.p95)],
    ['latency p99', formatLatency(value.latencyUs.p99)],
    ['timing', timingWords(value.timing, value.clockHz)],
    ['AUC, board', value.aucBoard === null ? null : formatAuc(value.aucBoard, 3)],
    ['instructions', value.instructions === null ? null : formatInteger(value.instructions)],
    ['checked', `${value.opsEqualToInterpreter} ops, each equal to the interpreter`],
  ])

const mlperfText = (value: MlperfReport) =>
  formatPairs([
    ['board', `${value.board}, ${boardWords(value)}`],
    ['device', `${value.name}, ${value.model}`],
    ['throughput', `${value.throughput.toFixed(2)} inferences/s, median of ${value.windows.length} windows`],
    ['inferences', value.windows.map(({ inferences }) => formatInteger(inferences)).join(', ')],
    ['window', value.windows.map(({ elapsedUs }) => formatLatency(elapsedUs)).join(', ')],
    [
      "MLPerf's rule",
      `${value.rule.windows} windows of at least ${value.rule.seconds} s and ${value.rule.inferences} inferences: ` +
        (value.ruleMet ? 'met' : 'not met, the windows are shorter'),
    ],
    ['timing', timingWords(value.timing, value.clockHz)],
    ['checked', `${value.resultsEqualToInterpreter} results, each equal to the interpreter's`],
  ])
