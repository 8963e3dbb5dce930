import { z } from 'zod'
import { formatAuc, formatInteger, formatLatency } from '../../contract/format.ts'
import { benchModel } from '../../jobs/bench-model.ts'
import { defineCommand } from '../command.ts'
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
    ...boardPlaceFlags,
  ],
  options: z.object({ board: z.string(), ...boardPlaceOptions, task: task.optional(), seed, quick }),
  run: ([file], { seed, task, quick, ...place }, io) =>
    benchModel({ file: file!, task, quick, ...boardPlace(place, io) }, standalone(io, seed)),
  print: (value) =>
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
    ]),
})
