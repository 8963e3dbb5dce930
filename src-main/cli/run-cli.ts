// The boundary of the command line: parses, runs one command, prints one value or one error.

import { cac } from 'cac'
import { z } from 'zod'
import { AppError, toAppError } from '../base/errors.ts'
import { storePath } from '../jobs/store-path.ts'
import { createEta } from '../jobs/eta.ts'
import { systemClock } from '../base/clock.ts'
import type { Command, CommandIo } from './command.ts'
import { COMMANDS } from './commands.ts'
import { createProgressLine, type ProgressLine } from './progress-line.ts'
import type { Terminal } from './terminal.ts'

const EXIT_CANCELLED = 130

/** Runs `thimble <argv>` and returns the exit code: 0, 1 for an error, 130 when cancelled by Ctrl-C. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const json = argv.includes('--json')
  const line = createProgressLine(terminal)
  try {
    const chosen = parse(argv)
    if (chosen === null) return 0
    const { command, args, options } = chosen
    const value = await command.run(args, options.own, commandIo(options.store, terminal, line))
    line.end()
    terminal.stdout(json ? `${JSON.stringify(value)}\n` : `${command.print(value)}\n`)
    return 0
  } catch (thrown) {
    line.end()
    const error = toAppError(thrown)
    if (json) terminal.stdout(`${JSON.stringify({ ok: false, error: error.toDto() })}\n`)
    else terminal.stderr(`${error.code}: ${error.message}\n${error.hint}\n`)
    return error.code === 'CANCELLED' ? EXIT_CANCELLED : 1
  }
}

interface Chosen {
  command: Command
  args: readonly string[]
  options: { own: unknown; store: string | undefined }
}

/** Null when the help was asked for, which is then printed. Throws USAGE. */
function parse(argv: readonly string[]): Chosen | null {
  const cli = cac('thimble')
  cli.option('--json', 'Print one JSON object on stdout')
  cli.option('--store <folder>', 'Keep runs in this folder (else THIMBLE_STORE, else the usual place)')
  cli.help()
  const byName = new Map<string, Command>()
  for (const command of COMMANDS) {
    const parsed = cli.command(command.usage, command.summary)
    for (const [flags, text] of command.flags) parsed.option(flags, text)
    byName.set(parsed.name, command)
  }
  cli.parse(['', '', ...argv], { run: false })
  if (cli.options['help']) return null
  const matched = cli.matchedCommand
  const command = matched && byName.get(matched.name)
  if (!matched || !command) {
    const known = COMMANDS.map((row) => row.usage.split(' ')[0]).join(', ')
    const [asked] = cli.args
    throw new AppError('USAGE', `${asked ? `There is no command ${asked}` : 'No command given'}. Commands: ${known}.`)
  }
  try {
    matched.checkUnknownOptions()
    matched.checkOptionValue()
    matched.checkRequiredArgs()
  } catch (thrown) {
    throw new AppError('USAGE', (thrown as Error).message, { hint: `Run thimble ${matched.name} --help.` })
  }
  if (cli.args.length > matched.args.length && !matched.args.some((arg) => arg.variadic)) {
    throw new AppError('USAGE', `thimble ${matched.name} takes no further ${cli.args[matched.args.length]}.`)
  }
  const { json: _json, store, '--': _rest, ...own } = cli.options
  const checked = command.options.safeParse(own)
  if (!checked.success) {
    const problems = checked.error.issues.map((issue) => `--${dashed(issue.path)}: ${issue.message}`)
    throw new AppError('USAGE', problems.join('; '), { hint: `Run thimble ${matched.name} --help.` })
  }
  return {
    command,
    args: cli.args.map(String),
    options: { own: checked.data, store: store === undefined ? undefined : z.coerce.string().parse(store) },
  }
}

const dashed = (path: readonly PropertyKey[]) =>
  String(path[0] ?? '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

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
