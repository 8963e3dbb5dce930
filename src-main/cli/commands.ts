import type { Command } from './command.ts'
import { boards } from './commands/boards.ts'
import { inspect } from './commands/inspect.ts'
import { runs } from './commands/runs.ts'

/** In the order of the work, as the help lists them. */
export const COMMANDS: readonly Command[] = [boards, inspect, runs]
