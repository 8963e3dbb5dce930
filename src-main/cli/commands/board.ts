import { z } from 'zod'
import { AppError } from '../../base/errors.ts'
import { serveBoard, STLINK_GENERATIONS } from '../../jobs/serve-board.ts'
import { defineCommand } from '../command.ts'

const MOST = 65_535
const port = z
  .string()
  .regex(/^\d+$/, 'has to be a port')
  .transform(Number)
  .refine((n) => n <= MOST, 'has to be a port')
  .optional()

export const board = defineCommand({
  name: 'board',
  args: ['<serve>', '<id>'],
  summary: "Offer a virtual board to other people's tools until Ctrl-C",
  flags: [
    { name: 'stlink-tcp', value: '<port>', text: "its ST-Link over ST's TCP protocol (OpenOCD); 0: any free port" },
    { name: 'gdb', value: '<port>', text: 'a GDB server (target remote :port); 0: any free port' },
    { name: 'probe', value: '<kind>', text: `which ST-Link it has: ${STLINK_GENERATIONS.join(', ')} (v3)` },
  ],
  options: z.object({
    'stlink-tcp': port,
    gdb: port,
    probe: z.enum(STLINK_GENERATIONS, `has to be one of ${STLINK_GENERATIONS.join(', ')}`).default('v3'),
  }),
  run: async ([action, id], options, { terminal, signal }) => {
    if (action !== 'serve') throw new AppError('USAGE', `thimble board does not know ${action}: serve.`)
    const { probe, gdb, 'stlink-tcp': stlinkTcp } = options
    // Without a wish, everything on free ports.
    const ports = gdb === undefined && stlinkTcp === undefined ? { gdb: 0, stlinkTcp: 0 } : { gdb, stlinkTcp }
    await serveBoard(
      { boardId: id!, probe, ...ports },
      {
        workers: terminal.workers,
        signal,
        // Whoever started it reads the ports from here: one line, with --json or without.
        onListening: (at) => terminal.stdout(`${JSON.stringify(at)}\n`),
      },
    )
  },
  print: () => '',
})
