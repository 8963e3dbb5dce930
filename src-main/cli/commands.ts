import type { Command } from './command.ts'
import { bench } from './commands/bench.ts'
import { board } from './commands/board.ts'
import { boards } from './commands/boards.ts'
import { compress } from './commands/compress.ts'
import { emulate } from './commands/emulate.ts'
import { exportCommand } from './commands/export.ts'
import { flash } from './commands/flash.ts'
import { infer } from './commands/infer.ts'
import { inspect } from './commands/inspect.ts'
import { keys } from './commands/keys.ts'
import { plan } from './commands/plan.ts'
import { run } from './commands/run.ts'
import { runs } from './commands/runs.ts'
import { train } from './commands/train.ts'
import { verify } from './commands/verify.ts'

/** In the order of the work, as the help lists them. */
export const COMMANDS: readonly Command[] = [
  run,
  runs,
  boards,
  inspect,
  infer,
  train,
  compress,
  verify,
  plan,
  exportCommand,
  flash,
  bench,
  board,
  keys,
  emulate,
]
