import { z } from 'zod'
import { formatInteger } from '../../contract/format.ts'
import { emulate as emulateElf } from '../../jobs/emulate.ts'
import { defineCommand, wholeNumber } from '../command.ts'
import { boardFlag, DEFAULT_BOARD } from '../shared-options.ts'

export const emulate = defineCommand({
  name: 'emulate',
  args: ['<elf>'],
  summary: 'Run a bare-metal ELF with semihosting on a virtual board',
  flags: [
    { ...boardFlag, text: `a virtual board (${DEFAULT_BOARD})` },
    { name: 'max-instructions', value: '<n>', text: 'stop after so many (10000000000)' },
  ],
  options: z.object({
    board: z.string().default(DEFAULT_BOARD),
    'max-instructions': wholeNumber.default(10_000_000_000),
  }),
  run: ([elf], { board, 'max-instructions': maxInstructions }, { signal, terminal }) =>
    emulateElf({ elf: elf!, boardId: board, maxInstructions, onOutput: (text) => terminal.stderr(text) }, signal),
  print: ({ exitCode, instructions, cycles }) =>
    `exit code ${exitCode}, ${formatInteger(instructions)} instructions, ${formatInteger(cycles)} cycles`,
})
