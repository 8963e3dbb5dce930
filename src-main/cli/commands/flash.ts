import { z } from 'zod'
import { formatClock, formatExactBytes } from '../../contract/format.ts'
import { flashModel } from '../../jobs/flash-model.ts'
import { defineCommand } from '../command.ts'
import { boardFlag, boardPlace, standalone } from '../shared-options.ts'
import { formatPairs } from '../table.ts'

export const flash = defineCommand({
  name: 'flash',
  args: ['<file>'],
  summary: 'Write firmware and model to a board, verify them, reset it',
  flags: [boardFlag],
  options: z.object({ board: z.string() }),
  run: ([file], { board }, io) => flashModel({ file: file!, ...boardPlace(board, io) }, standalone(io)),
  print: ({ write, verify, reset }) =>
    formatPairs([
      ...write.map(
        ({ region, writtenBytes, bytes, erasedSectors }) =>
          [
            'written',
            `${region}: ${formatExactBytes(writtenBytes)} of ${formatExactBytes(bytes)}, sectors erased: ` +
              (erasedSectors.join(', ') || 'none, they held it already'),
          ] as const,
      ),
      ...verify.map(
        ({ region, verifiedBytes }) => ['verified', `${region}: ${formatExactBytes(verifiedBytes)}`] as const,
      ),
      ['reset', `the firmware answers at ${formatClock(reset.clockHz)} and has taken the model`],
    ]),
})
