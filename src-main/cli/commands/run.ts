import { resolve } from 'node:path'
import { z } from 'zod'
import { systemClock } from '../../base/clock.ts'
import { AppError } from '../../base/errors.ts'
import { formatDuration } from '../../contract/format.ts'
import type { JobEvent, RunDetail } from '../../contract/run.ts'
import { openBoard } from '../../jobs/boards.ts'
import { runPipeline } from '../../jobs/pipeline.ts'
import { recipeHelp } from '../../jobs/recipes.ts'
import { runReport } from '../../jobs/run-report.ts'
import { backupFolder, keyFolder } from '../../jobs/store-path.ts'
import { openWorkspace } from '../../jobs/workspace.ts'
import { defineCommand } from '../command.ts'
import type { ProgressLine } from '../progress-line.ts'
import { runText } from '../run-text.ts'
import {
  boardFlag,
  DEFAULT_BOARD,
  quick,
  quickFlag,
  flashFlags,
  flashOptions,
  seed,
  seedFlag,
  task,
  taskFlag,
} from '../shared-options.ts'

export const run = defineCommand({
  name: 'run',
  args: ['[file]'],
  summary: 'The main job: train, compress, verify, flash and measure; or measure a model file of your own',
  flags: [
    taskFlag,
    { ...boardFlag, text: `${boardFlag.text} (${DEFAULT_BOARD})` },
    { name: 'recipe', value: '<name>', text: recipeHelp },
    seedFlag,
    quickFlag,
    ...flashFlags,
  ],
  options: z.object({
    task: task.optional(),
    board: z.string().default(DEFAULT_BOARD),
    recipe: z.string().default('ptq'),
    seed,
    quick,
    ...flashOptions,
  }),
  async run([file], { board, yes, 'under-reset': underReset, ...options }, { terminal, storePath, signal, line }) {
    if ((file === undefined) === (options.task === undefined)) {
      throw new AppError('USAGE', 'thimble run takes either --task or a model file.')
    }
    const { assetsDir, workers } = terminal
    const workspace = openWorkspace({ storePath, kind: 'cli', assetsDir, workers })
    try {
      const request = {
        ...options,
        boardId: board,
        file: file === undefined ? undefined : resolve(file),
        overwriteForeign: yes,
        underReset,
      }
      const detail = await runPipeline(request, {
        store: workspace.store,
        openBoard: (id, wish) => openBoard(id, workers, wish),
        backupFolder: backupFolder(storePath),
        keyFolder: keyFolder(storePath),
        assetsDir,
        emit: (event) => showEvent(event, line),
        signal,
        clock: systemClock,
      })
      return { detail, report: runReport(detail, workspace.store) }
    } finally {
      workspace.close()
    }
  },
  json: ({ report }: { detail: RunDetail; report: unknown }) => report,
  print: ({ detail }) => runText(detail),
})

function showEvent(event: JobEvent, line: ProgressLine): void {
  switch (event.type) {
    case 'stage-progress':
      return line.show(event.stage, event.done, event.total, event.eta_ms, event.note)
    case 'stage-done': {
      const { name, status, ms } = event.record
      return line.say(`${name.padEnd(9)} ${status}${ms === null ? '' : ` in ${formatDuration(ms)}`}`)
    }
    case 'log':
      return event.level === 'debug' ? undefined : line.say(event.message)
    default:
      return undefined // what else happens is in the result
  }
}
