import { z } from 'zod'
import { formatBytes, formatClock, NOTHING } from '../../contract/format.ts'
import type { BoardSummary } from '../../contract/api.ts'
import { listBoards } from '../../jobs/boards.ts'
import { watchBoards } from '../../jobs/watch-boards.ts'
import { defineCommand, flagOn } from '../command.ts'
import { formatTable } from '../table.ts'
import { boardWords } from '../words.ts'

export const boards = defineCommand({
  name: 'boards',
  args: [],
  summary: 'Real and virtual boards',
  flags: [
    { name: 'watch', text: 'one line of JSON for each board there is, then for each that comes, goes or changes' },
  ],
  options: z.object({ watch: flagOn }),
  async run(_, { watch }, { terminal, signal }) {
    if (!watch) return { boards: await listBoards() }
    await watchBoards({
      signal,
      onChange: (changes) => {
        for (const { change, item } of changes) terminal.stdout(`${JSON.stringify({ change, board: item })}\n`)
      },
    })
    return undefined
  },
  print: (value) =>
    formatTable(
      ['id', 'board', 'core', 'clock', 'flash', 'RAM', 'numbers are', 'state'],
      (value?.boards ?? []).map((board) => [
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
