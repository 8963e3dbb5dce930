// The power fails while the flash controller erases or programs, at each command that changes flash. What the cells hold
// then is drawn: RM0090 3.5 and its likes promise nothing. An erased sector's cells change all at once, each bit by luck;
// programmed words one after the other, the one in between with some of its bits.

import { afterEach, describe, expect, test } from 'vitest'
import { createRng, type Rng } from '../../src-main/base/rng.ts'
import { KB } from '../../src-main/base/units.ts'
import { BOARDS } from '../../src-main/device/board-data.ts'
import { errorOf, FaultyBoard } from './faulty-board.ts'
import { firmwareOf, firmwareSays, flashAndRun, flashWith, modelsFor, wholeModel } from './flash-session.ts'

/** Firmware and the models lie in so much of the flash. */
const USED_BYTES = 256 * KB

let board: FaultyBoard
afterEach(() => board.close())

/** Some of the bits of `from`, the others of `to`. */
const halfway = (from: number, to: number, rng: Rng) => from ^ ((from ^ to) & rng.int(256))

function interrupted(from: Uint8Array, to: Uint8Array, rng: Rng): Uint8Array {
  const cells = to.slice()
  const changing: number[] = []
  for (let at = 0; at < USED_BYTES; at++) if (from[at] !== to[at]) changing.push(at)
  const erases = changing.every((at) => to[at] === 0xff)
  const cut = rng.int(changing.length)
  changing.forEach((at, order) => {
    if (erases || order === cut) cells[at] = halfway(from[at]!, to[at]!, rng)
    else if (order > cut) cells[at] = from[at]!
  })
  return cells
}

/** Cuts the power in the command that changes flash for the `index`th time; what the cells hold then, once it has. */
function cutPower(index: number, rng: Rng): () => Uint8Array | undefined {
  let operations = 0
  let before = board.flash()
  let left: Uint8Array | undefined
  board.onCommand = (phase) => {
    if (phase === 'before' || left !== undefined || !board.flashDiffers(before, USED_BYTES)) return
    const now = board.flash()
    if (operations++ === index) {
      left = interrupted(before, now, rng)
      board.fault = () => 'unplug' // the probe has its power from the same cable
    }
    before = now
  }
  return () => left
}

/** Codes of a start from flash that was half changed: no header, a model refused, or code that runs into what is missing. */
const REFUSALS = ['BOARD_NO_FIRMWARE', 'MODEL_REJECTED', 'BOARD_FAULT']

/** The F407 in every way, the others in the usual one. */
const WAYS = [
  ['while the model changes', true, 'loader', 3, 1],
  ['while the model changes', true, 'probe', 4, 3],
  ['while a blank chip is written', false, 'loader', 8, 4],
] as const

describe.each(BOARDS.map(({ id }) => id))('%s loses its power', (id) => {
  test.each(id === 'stm32f407' ? WAYS : WAYS.slice(0, 1))(
    '%s (an older one there: %s) by the %s: gone, nothing half written is taken, and the next attempt is good',
    async (_, older, by, least, seed) => {
      board = new FaultyBoard(id)
      const image = firmwareOf(board.data)
      const [wanted, other] = modelsFor(board.data)
      const start = older ? flashWith(board.data, other) : new Uint8Array(board.data.flash.size).fill(0xff)
      for (let cuts = 0; ; cuts++) {
        board.powerCycle(start)
        const left = cutPower(cuts, createRng(seed * 1000 + cuts))
        const error = await errorOf(flashAndRun(board, image, wanted, { by }))
        const cells = left()
        if (cells === undefined) {
          expect(error).toBeUndefined() // it was over before
          expect(cuts).toBeGreaterThanOrEqual(least)
          break
        }
        expect(error?.code).toBe('BOARD_GONE')
        board.powerCycle(cells)
        if (wholeModel(board, [wanted, other]) === undefined) expect(REFUSALS).toContain(await firmwareSays(board))
        const { report } = await flashAndRun(board, image, wanted)
        expect(report.model.verifiedBytes).toBeGreaterThanOrEqual(wanted.length)
        expect(wholeModel(board, [wanted])).toBe(wanted)
      }
    },
    300_000,
  )
})
