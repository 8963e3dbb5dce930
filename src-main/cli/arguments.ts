// From the words of a command line to a command and its checked options, and the help that says what there is.

import { parseArgs } from 'node:util'
import { AppError } from '../base/errors.ts'
import type { Command, Flag } from './command.ts'

const COMMON: readonly Flag[] = [
  { name: 'json', text: 'print one JSON object on stdout' },
  { name: 'store', value: '<folder>', text: 'keep runs in this folder; else THIMBLE_STORE, else the usual place' },
  { name: 'help', text: 'show this' },
]

export type Invocation =
  | { help: string }
  | { help?: undefined; command: Command; args: readonly string[]; options: unknown; store: string | undefined }

/** Throws USAGE. */
export function parseCommandLine(argv: readonly string[], commands: readonly Command[]): Invocation {
  const asksHelp = argv.includes('--help') || argv.includes('-h')
  const name = firstWord(argv)
  const command = commands.find((candidate) => candidate.name === name)
  if (command === undefined) {
    if (asksHelp || name === 'help') return { help: overview(commands) }
    const names = commands.map((candidate) => candidate.name).join(', ')
    throw new AppError('USAGE', `${name === undefined ? 'No command given' : `There is no command ${name}`}: ${names}.`)
  }
  if (asksHelp) return { help: commandHelp(command) }
  const hint = `Run thimble ${command.name} --help to see what it takes.`
  const { values, positionals } = parseWords(argv, command, hint)
  const args = positionals.slice(1)
  checkCount(command, args, hint)
  const { json: _json, store, ...own } = values
  const checked = command.options.safeParse(own)
  if (!checked.success) {
    const problems = checked.error.issues.map((issue) => {
      const flag = String(issue.path[0])
      return own[flag] === undefined ? `--${flag} is missing` : `--${flag} ${issue.message}`
    })
    throw new AppError('USAGE', `${problems.join('; ')}.`, { hint })
  }
  return { command, args, options: checked.data, store: store as string | undefined }
}

/** The first word that is neither a flag nor the value of one that every command takes. */
const firstWord = (argv: readonly string[]) =>
  argv.find((word, i) => {
    const before = COMMON.find((flag) => `--${flag.name}` === argv[i - 1])
    return !word.startsWith('-') && before?.value === undefined
  })

function parseWords(argv: readonly string[], command: Command, hint: string) {
  const options = Object.fromEntries(
    [...COMMON, ...command.flags].map((flag) => [flag.name, { type: flag.value ? 'string' : 'boolean' } as const]),
  )
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
  } catch (thrown) {
    throw new AppError('USAGE', (thrown as Error).message, { hint })
  }
}

function checkCount(command: Command, args: readonly string[], hint: string): void {
  const required = command.args.filter((arg) => arg.startsWith('<'))
  if (args.length < required.length) {
    throw new AppError('USAGE', `thimble ${command.name} needs ${required.slice(args.length).join(' ')}.`, { hint })
  }
  const open = command.args.some((arg) => arg.includes('…'))
  if (!open && args.length > command.args.length) {
    throw new AppError('USAGE', `thimble ${command.name} does not take ${args[command.args.length]}.`, { hint })
  }
}

function overview(commands: readonly Command[]): string {
  const rows = commands.map((command) => [[command.name, ...command.args].join(' '), command.summary] as const)
  return `Usage: thimble COMMAND …\n\n${indented(rows)}\n\nthimble COMMAND --help says more about one.`
}

function commandHelp(command: Command): string {
  const rows = [...command.flags, ...COMMON].map(
    (flag) => [`--${flag.name}${flag.value ? ` ${flag.value}` : ''}`, flag.text] as const,
  )
  return `Usage: thimble ${[command.name, ...command.args].join(' ')}\n${command.summary}\n\n${indented(rows)}`
}

function indented(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  const under = `\n${' '.repeat(width + 4)}`
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right.replaceAll('\n', under)}`).join('\n')
}
