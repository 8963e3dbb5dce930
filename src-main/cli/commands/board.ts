import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { formatExactBytes } from '../../contract/format.ts'
import { backupBoard, unprotectBoard, type BackupReport, type UnprotectReport } from '../../jobs/maintain-board.ts'
import { serveBoard, STLINK_GENERATIONS } from '../../jobs/serve-board.ts'
import { defineCommand, flagOn, type CommandIo } from '../command.ts'

const MOST = 65_535
const port = z
  .string()
  .regex(/^\d+$/, 'has to be a port')
  .transform(Number)
  .refine((n) => n <= MOST, 'has to be a port')
  .optional()

const options = z.object({
  'stlink-tcp': port,
  gdb: port,
  probe: z.enum(STLINK_GENERATIONS, `has to be one of ${STLINK_GENERATIONS.join(', ')}`).default('v3'),
  out: z.string().optional(),
  yes: flagOn,
  'under-reset': flagOn,
})
type Options = z.output<typeof options>
type Report = BackupReport | UnprotectReport

/** What each action does with a board; what it gives is printed at its end. */
const ACTIONS: Readonly<Record<string, (id: string, options: Options, io: CommandIo) => Promise<Report | undefined>>> =
  {
    serve: async (id, { probe, gdb, 'stlink-tcp': stlinkTcp }, { terminal, signal }) => {
      // Without a wish, everything on free ports.
      const ports = gdb === undefined && stlinkTcp === undefined ? { gdb: 0, stlinkTcp: 0 } : { gdb, stlinkTcp }
      await serveBoard(
        { boardId: id, probe, ...ports },
        {
          workers: terminal.workers,
          signal,
          // Whoever started it reads the ports from here: one line, with --json or without.
          onListening: (at) => terminal.stdout(`${JSON.stringify(at)}\n`),
        },
      )
      return undefined
    },
    backup: (id, { out, ...wish }, io) => {
      if (out === undefined) throw new AppError('USAGE', 'thimble board backup needs --out FILE.')
      return backupBoard(out, maintenance(id, wish, io))
    },
    unprotect: (id, { yes, ...wish }, io) => unprotectBoard(yes, maintenance(id, wish, io)),
  }

const maintenance = (boardId: string, wish: Pick<Options, 'under-reset'>, { terminal, progress }: CommandIo) => ({
  boardId,
  underReset: wish['under-reset'],
  workers: terminal.workers,
  progress: progress(boardId),
})

export const board = defineCommand({
  name: 'board',
  args: ['<action>', '<id>'],
  summary: "serve: offer a virtual board to other people's tools until Ctrl-C; backup, unprotect: its flash",
  flags: [
    {
      name: 'stlink-tcp',
      value: '<port>',
      text: "serve: its ST-Link over ST's TCP protocol (OpenOCD); 0: any free port",
    },
    { name: 'gdb', value: '<port>', text: 'serve: a GDB server (target remote :port); 0: any free port' },
    { name: 'probe', value: '<kind>', text: `serve: which ST-Link it has: ${STLINK_GENERATIONS.join(', ')} (v3)` },
    { name: 'out', value: '<file>', text: 'backup: where all of its flash is written' },
    { name: 'yes', text: 'unprotect: takes off read-out protection, which erases ALL of its flash' },
    { name: 'under-reset', text: 'backup, unprotect: keep the target in reset while the probe connects' },
  ],
  options,
  run: async ([name, id], options, io) => {
    const action = Object.hasOwn(ACTIONS, name!) ? ACTIONS[name!] : undefined
    if (action === undefined) {
      throw new AppError('USAGE', `thimble board does not know ${name}: ${Object.keys(ACTIONS).join(', ')}.`)
    }
    return action(id!, options, io)
  },
  print: (report) => (report === undefined ? '' : words(report)),
})

function words(report: Report): string {
  if ('file' in report) return `${formatExactBytes(report.bytes)} of flash are in ${report.file}.\n`
  return report.erased
    ? `${report.board} is no longer read-out protected; all of its flash is erased.\n`
    : `${report.board} is not read-out protected. Nothing was done.\n`
}
