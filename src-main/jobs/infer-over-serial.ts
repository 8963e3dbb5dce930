import { AppError, toAppError } from '../base/errors.ts'
import { profileInference, type OpFacts, type ProfiledInference } from '../bench/profile.ts'
import type { Graph, TensorData } from '../ir/graph.ts'
import { createInterpreter } from '../ir/interpreter/interpreter.ts'
import { bytesOf } from './model-io.ts'
import { openSerialBoard, type SerialBoard } from './serial-board.ts'

const ATTEMPTS = 3

/** Running ops may overwrite their own input: after bytes were lost all of it goes again. */
async function untilWhole<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (attempt === ATTEMPTS || toAppError(error).code !== 'LINK_CORRUPT') throw error
    }
  }
}

/**
 * One inference of the model that is in flash already. The link names no model, so `graph` is taken for it only when
 * the board's outputs are the integer interpreter's, bit for bit. Throws BOARD_OTHER_MODEL and what openSerialBoard
 * throws.
 */
export async function inferOverSerial(
  boardId: string,
  graph: Graph,
  inputs: readonly TensorData[],
  ops: readonly OpFacts[],
  signal?: AbortSignal,
): Promise<{ run: ProfiledInference; board: SerialBoard }> {
  const board = await openSerialBoard(boardId)
  try {
    const model = await board.firmware.openModel()
    const raw = inputs.map(bytesOf)
    const fits = model.ops === ops.length && model.inputs.every((span, i) => span.bytes === raw[i]?.length)
    if (!fits) throw new AppError('BOARD_OTHER_MODEL', 'The model in flash has other ops or inputs than this file.')
    const session = { firmware: () => board.firmware, takeMarks: () => Promise.resolve(null) }
    const run = await untilWhole(() => profileInference(session, model, board.hello.clock, raw, ops, signal))
    const wanted = createInterpreter(graph).run(inputs).map(bytesOf)
    if (!wanted.every((output, i) => Buffer.compare(output, run.outputs[i] ?? new Uint8Array(0)) === 0)) {
      throw new AppError('BOARD_OTHER_MODEL', "The board's outputs are not those of this file's model.")
    }
    return { run, board }
  } finally {
    await board.close()
  }
}
