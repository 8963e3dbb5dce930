import { z } from 'zod'
import { formatBytes, formatClock, NOTHING } from '../../contract/format.ts'
import type { BoardSummary } from '../../contract/api.ts'
import { listBoards } from '../../jobs/boards.ts'
import { defineCommand } from '../command.ts'
import { formatTable } from '../table.ts'
import { boardWords } from '../words.ts'

export const boards = defineCommand({
  name: 'boards',
  args: [],
  summary: 'Real and virtual boards',
  flags: [],
  options: z.object({}),
  run: async () => ({ boards: await listBoards() }),
  print: ({ boards }) =>
    formatTable(
      ['id', 'board', 'core', 'clock', 'flash', 'RAM', 'numbers are', 'state'],
      boards.map((board) => [
        board.id,
        board.name,
        ...facts(board),
        boardWords(board),
        board.detail === '' ? board.state : `${board.state}: ${board.detail}`,
      ]),
    ),
})

function facts(board: BoardSummary): string[] {
  if (board.core === '') return [NOTHING, NOTHING, NOTHING, NOTHING]
  return [board.core, formatClock(board.clock_hz), formatBytes(board.flash_bytes), formatBytes(board.ram_bytes)]
}
