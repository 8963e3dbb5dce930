// The cable pulled at every command of a flash session, one case each; a session's end ends the run.

import { afterEach, expect, test } from 'vitest'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { UnplugBench, type Before } from '../faults/unplug.ts'

const COUNT = Number(process.env['THIMBLE_DEEP_COUNT'])
const FIRST = Number(process.env['THIMBLE_SEED'])
/** How many sessions in a row have to end before their command: how long a start takes varies a little. */
const ENDED = 5

let bench: UnplugBench
afterEach(() => bench.board.close())

const CASES = BOARDS.flatMap(({ id }) =>
  (['older-model', 'blank'] as const).map((before): [string, Before] => [id, before]),
)

test.each(CASES)('%s, unplugged over %s', async (id, before) => {
  bench = new UnplugBench(id, before)
  let pulled = 0
  let ended = 0
  for (let index = FIRST; index < FIRST + COUNT && ended < ENDED; index++) {
    if (await bench.unplugAt(index, 'commands')) {
      pulled++
      ended = 0
    } else ended++
  }
  console.log(`${id} over ${before}: unplugged at ${pulled} commands from ${FIRST} on`)
  // No session is shorter than that: its erase alone is asked about that often.
  if (FIRST === 0) expect(pulled).toBeGreaterThan(Math.min(COUNT, 500) - ENDED)
})
