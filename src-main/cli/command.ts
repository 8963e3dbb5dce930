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
  progress(label: string): Progress
  log: Log
}

export interface Command<Options = unknown, Value = unknown> {
  /** `infer <file>`: the words in brackets are positional, `[in square ones]` optional */
  usage: string
  summary: string
  /** [flags, text] as the help shows them */
  flags: readonly (readonly [flags: string, text: string])[]
  options: z.ZodType<Options>
  run(args: readonly string[], options: Options, io: CommandIo): Promise<Value>
  /** What a person sees instead of the JSON. */
  print(value: Value): string
}

/** Keeps the types of one command together where it is defined. */
export const defineCommand = <Options, Value>(command: Command<Options, Value>): Command => command as Command

/** The parser makes numbers of everything that looks like one; here they are text again. */
export const text = z.union([z.string(), z.number()]).transform(String)
export const flag = z.boolean().default(false)
export const count = z.number().int().nonnegative()
