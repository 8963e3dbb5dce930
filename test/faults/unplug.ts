// Pulls the cable at one transfer of a flash session, looks at what is left, plugs it in again and has it flashed.

import { expect } from 'vitest'
import { FaultyBoard, errorOf } from './faulty-board.ts'
import { firmwareOf, firmwareSays, flashAndRun, flashWith, modelsFor, wholeModel } from './flash-session.ts'

/** Longer than any wait in a session whose other end is gone. */
const BOUND_MS = 10_000

/** What flash holds before each session: an older model and the firmware, or nothing at all. */
export type Before = 'older-model' | 'blank'

export class UnplugBench {
  readonly board: FaultyBoard
  readonly #image: Uint8Array
  readonly #models: [Uint8Array, Uint8Array]
  readonly #before: Before
  #turn = 0

  constructor(id: string, before: Before) {
    this.board = new FaultyBoard(id)
    this.#before = before
    this.#image = firmwareOf(this.board.data)
    this.#models = modelsFor(this.board.data)
    this.#makeReady(this.#models[1])
  }

  #makeReady(older: Uint8Array): void {
    const { data } = this.board
    if (this.#before === 'blank') this.board.powerCycle(new Uint8Array(data.flash.size).fill(0xff))
    else if (wholeModel(this.board, [older]) === undefined) this.board.powerCycle(flashWith(data, older))
  }

  /** How many transfers a session without faults makes. */
  async countTransfers(): Promise<number> {
    const { wanted } = this.#nextTurn()
    this.board.plugIn()
    await flashAndRun(this.board, this.#image, wanted)
    return this.board.transfers
  }

  #nextTurn() {
    const wanted = this.#models[this.#turn % 2]!
    const older = this.#models[(this.#turn + 1) % 2]!
    this.#turn++
    this.#makeReady(older)
    return { wanted, older }
  }

  /**
   * Pulls it before a transfer, or before a command's first one: what the chip sees is the same as when the answer to
   * the command before it is lost. False: the session was over before that.
   */
  async unplugAt(index: number, count: 'transfers' | 'commands' = 'transfers'): Promise<boolean> {
    const { board } = this
    const { wanted, older } = this.#nextTurn()
    board.plugIn()
    let pulled = false
    board.fault = (transfer) => {
      pulled ||= (count === 'transfers' ? transfer.index : transfer.commandIndex) === index
      return pulled ? 'unplug' : undefined
    }
    const started = performance.now()
    const error = await errorOf(flashAndRun(board, this.#image, wanted))
    expect(performance.now() - started, `${count} ${index}: it takes too long`).toBeLessThan(BOUND_MS)
    // Only the probe's good-bye, which nobody waits for, comes after the last answer.
    if (error === undefined) expect(wholeModel(board, [wanted])).toBe(wanted)
    else expect({ index, code: error.code, pulled }).toEqual({ index, code: 'BOARD_GONE', pulled: true })

    board.plugIn()
    const whole = wholeModel(board, [wanted, older])
    const says = await firmwareSays(board)
    // What is not complete must be refused, what the firmware takes must be complete.
    expect({ index, taken: says === 'whole', whole: whole !== undefined }).toEqual({
      ...{ index, taken: whole !== undefined && says !== 'BOARD_NO_FIRMWARE' },
      whole: whole !== undefined,
    })
    if (says !== 'whole') expect(['MODEL_REJECTED', 'BOARD_NO_FIRMWARE']).toContain(says)

    const { report } = await flashAndRun(board, this.#image, wanted)
    expect(report.model.verifiedBytes).toBeGreaterThanOrEqual(wanted.length)
    expect(wholeModel(board, [wanted])).toBe(wanted)
    return pulled
  }
}
