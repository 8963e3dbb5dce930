// A command is data plus a function: what it takes, what it gives, and how a person sees that.

import { z } from 'zod'
import type { Log } from '../base/log.ts'
import type { Progress } from '../base/progress.ts'
import type { ProgressLine } from './progress-line.ts'
import type { Terminal } from './terminal.ts'

export interface CommandIo {
  terminal: Terminal
  /** the storage folder */
  storePath: string
  signal: AbortSignal
  line: ProgressLine
  /** draws on that line; `label` names what goes on */
  progress: (label: string) => Progress
  log: Log
}

/** An option as typed and as the help shows it; one without a value is a switch. */
export interface Flag {
  name: string
  value?: string
  text: string
}

export interface Command<Options = unknown, Value = unknown> {
  name: string
  /** positional arguments: `<file>`, `[id]` when it may be left out, `[ids…]` for any number */
  args: readonly string[]
  summary: string
  flags: readonly Flag[]
  /** keys are the flags' names; values come as text or true */
  options: z.ZodType<Options>
  run(args: readonly string[], options: Options, io: CommandIo): Promise<Value>
  /** What --json prints, where that is less than the value. */
  json?(value: Value): unknown
  /** What a person sees instead of the JSON. */
  print(value: Value): string
}

/** Keeps the types of one command together where it is defined. */
export const defineCommand = <Options, Value>(command: Command<Options, Value>): Command => command

/** Text that is a whole number, not negative. */
export const wholeNumber = z.string().regex(/^\d+$/, 'has to be a whole number').transform(Number)
export const flagOn = z.boolean().default(false)
