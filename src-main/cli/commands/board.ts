import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { formatExactBytes } from '../../contract/format.ts'
import { backupBoard, restoreBoard, unprotectBoard, type CarePlace } from '../../jobs/board-care.ts'
import { keyFolder } from '../../jobs/store-path.ts'
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
  uart: z.string().min(1).optional(),
  probe: z.enum(STLINK_GENERATIONS, `has to be one of ${STLINK_GENERATIONS.join(', ')}`).default('v3'),
  out: z.string().optional(),
  yes: flagOn,
  trust: flagOn,
  'under-reset': flagOn,
})
type Options = z.infer<typeof options>

interface Action<Value> {
  /** whether it takes a file behind the board's id */
  takesFile: boolean
  /** what is lost for good: only with --yes */
  destroys?: string
  run(place: CarePlace, options: Options, io: CommandIo, file: string): Promise<Value>
  print(value: Value): string
}

const action = <Value>(row: Action<Value>) => row as Action<unknown>

const ACTIONS: Record<string, Action<unknown>> = {
  serve: action({
    takesFile: false,
    async run({ boardId, workers }, { probe, gdb, uart, 'stlink-tcp': stlinkTcp }, { terminal, signal }) {
      // Without a wish, everything that takes a free port.
      const ports = (gdb ?? stlinkTcp ?? uart) === undefined ? { gdb: 0, stlinkTcp: 0 } : { gdb, stlinkTcp }
      await serveBoard(
        { boardId, probe, uart, ...ports },
        {
          workers,
          signal,
          // Whoever started it reads the ports from here: one line, with --json or without.
          onListening: (at) => terminal.stdout(`${JSON.stringify(at)}\n`),
        },
      )
    },
    print: () => '',
  }),
  unprotect: action({
    takesFile: false,
    destroys: 'Taking the read-out protection off erases all of the flash: the program on it is lost.',
    run: (place, _, io) => unprotectBoard(place, io),
    print: ({ level, erasedBytes }) =>
      level === 0
        ? 'The chip was not protected. Nothing was erased.'
        : `The protection is off. ${formatExactBytes(erasedBytes)} of flash were erased, and read back as erased.`,
  }),
  backup: action({
    takesFile: false,
    run(place, { out }, io) {
      if (out === undefined) throw new AppError('USAGE', 'thimble board backup needs --out <file>.')
      return backupBoard(place, out, io)
    },
    print: ({ file, bytes, record }) =>
      `${formatExactBytes(bytes)} of flash are in ${file}; ${record} says what they came from.`,
  }),
  restore: action({
    takesFile: true,
    destroys: 'Restoring a backup erases what the flash holds now.',
    run: (place, { trust: anyone }, io, file) =>
      restoreBoard(place, file, { keyFolder: keyFolder(io.storePath), anyone }, io),
    print: ({ file, bytes, writtenBytes, verifiedBytes }) =>
      `Flash holds the ${formatExactBytes(bytes)} of ${file}: ${formatExactBytes(writtenBytes)} were written, ` +
      `${formatExactBytes(verifiedBytes)} read back.`,
  }),
}

export const board = defineCommand<Options, { action: string; value: unknown }>({
  name: 'board',
  args: [`<${Object.keys(ACTIONS).join('|')}>`, '<id>', '[file]'],
  summary: "Serve a virtual board to other people's tools; back up, restore or unprotect a board's flash",
  flags: [
    {
      name: 'stlink-tcp',
      value: '<port>',
      text: "serve: its ST-Link over ST's TCP protocol (OpenOCD); 0: any free port",
    },
    { name: 'gdb', value: '<port>', text: 'serve: a GDB server (target remote :port); 0: any free port' },
    { name: 'uart', value: '<link>', text: 'serve: its serial line as a pseudo terminal, with a link to it here' },
    { name: 'probe', value: '<kind>', text: `serve: which ST-Link it has: ${STLINK_GENERATIONS.join(', ')} (v3)` },
    { name: 'out', value: '<file>', text: 'backup: the file to write' },
    { name: 'yes', text: 'unprotect, restore: erase what the flash holds' },
    { name: 'trust', text: 'restore: a packed model that no known key has signed (thimble keys), too' },
    { name: 'under-reset', text: 'backup, restore, unprotect: connect while the chip is held in reset' },
  ],
  options,
  async run([name, id, file], options, io) {
    const chosen = ACTIONS[name!]
    if (chosen === undefined) {
      throw new AppError('USAGE', `thimble board does not know ${name}: ${Object.keys(ACTIONS).join(', ')}.`)
    }
    if (chosen.takesFile !== (file !== undefined)) {
      throw new AppError('USAGE', `thimble board ${name} takes a board${chosen.takesFile ? ' and a file' : ' alone'}.`)
    }
    if (chosen.destroys !== undefined && !options.yes) {
      throw new AppError('CONSENT_MISSING', `${chosen.destroys} Nothing was changed.`)
    }
    const place = { boardId: id!, workers: io.terminal.workers, underReset: options['under-reset'] }
    return { action: name!, value: await chosen.run(place, options, io, file ?? '') }
  },
  json: ({ value }) => value,
  print: ({ action, value }) => ACTIONS[action]!.print(value),
})
