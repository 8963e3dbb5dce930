// The boundary of the command line: runs one command, prints one value or one error.

import { systemClock } from '../base/clock.ts'
import { toAppError, type ErrorDto } from '../base/errors.ts'
import { createEta } from '../jobs/eta.ts'
import { storePath } from '../jobs/store-path.ts'
import { parseCommandLine } from './arguments.ts'
import type { CommandIo } from './command.ts'
import { COMMANDS } from './commands.ts'
import { createProgressLine, type ProgressLine } from './progress-line.ts'
import type { Terminal } from './terminal.ts'

const EXIT_FAILED = 1
const EXIT_CANCELLED = 130

/** Runs `thimble <argv>` and returns the exit code: 0, 1 for an error, 130 when cancelled by Ctrl-C. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const json = argv.includes('--json')
  const line = createProgressLine(terminal)
  try {
    const invocation = parseCommandLine(argv, COMMANDS)
    if (invocation.help !== undefined) {
      terminal.stdout(`${invocation.help}\n`)
      return 0
    }
    const { command, args, options, store } = invocation
    const value = await command.run(args, options, commandIo(store, terminal, line))
    line.end()
    if (value === undefined) return 0 // it has said all that there is while it ran
    const printed = json ? JSON.stringify(command.json ? command.json(value) : value) : command.print(value)
    terminal.stdout(`${printed}\n`)
    return 0
  } catch (thrown) {
    line.end()
    const error = toAppError(thrown)
    if (json) terminal.stdout(`${JSON.stringify({ ok: false, error: withoutStack(error.toDto()) })}\n`)
    else terminal.stderr(`${error.code}: ${error.message}\n${error.hint}\n`)
    return error.code === 'CANCELLED' ? EXIT_CANCELLED : EXIT_FAILED
  }
}

function commandIo(store: string | undefined, terminal: Terminal, line: ProgressLine): CommandIo {
  return {
    terminal,
    storePath: storePath(store, terminal.env),
    signal: terminal.signal,
    line,
    progress(label) {
      const eta = createEta(systemClock)
      return (done, total, note) => line.show(label, done, total, eta(done, total), note)
    },
    log: (level, message) => {
      if (level !== 'debug') line.say(message)
    },
  }
}

/** A stack says nothing to whoever runs a command, and names folders of theirs. */
function withoutStack({ context = {}, ...error }: ErrorDto) {
  const { stack: _stack, ...rest } = context
  return Object.keys(rest).length > 0 ? { ...error, context: rest } : error
}
