import { z } from 'zod'
import { formatClock, formatExactBytes } from '../../contract/format.ts'
import { flashModel } from '../../jobs/flash-model.ts'
import { stepText } from '../../jobs/stages/flash.ts'
import { defineCommand } from '../command.ts'
import { boardFlag, boardPlace, boardPlaceFlags, boardPlaceOptions, standalone } from '../shared-options.ts'
import { formatPairs } from '../table.ts'

export const flash = defineCommand({
  name: 'flash',
  args: ['<file>'],
  summary: 'Write firmware and model to a board, verify them, reset it',
  flags: [boardFlag, ...boardPlaceFlags],
  options: z.object({ board: z.string(), ...boardPlaceOptions }),
  run: ([file], options, io) => flashModel({ file: file!, ...boardPlace(options, io) }, standalone(io)),
  print: ({ write, verify, reset, steps }) =>
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
      ...steps.map((step) => [step.name, stepText(step)] as const),
    ]),
})
