import { readFileSync } from 'node:fs'
import { createRng } from '../../src-main/base/rng.ts'
import { BOARDS, findBoardData, type BoardData } from '../../src-main/device/board-data.ts'
import type { Board } from '../../src-main/device/board.ts'
import type { Probe } from '../../src-main/device/probe.ts'
import { connectBoard, type BoardSession } from '../../src-main/device/session.ts'
import { openVirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { elementCount, type Graph, type TensorData } from '../../src-main/ir/graph.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'

/** One board's facts, its committed firmware image, and what tests do with it. */
export function virtualBoard(id: string) {
  const boardData = findBoardData(id)!
  const firmwareImage = new Uint8Array(readFileSync(`assets/firmware/${id}.bin`))
  const openBoard = () => openVirtualBoard(boardData, {})
  return {
    boardData,
    firmwareImage,
    blobOf: (graph: Graph) => packModel(planModel(graph, boardData)).blob,
    openBoard,
    /** Connects, flashes firmware and model, runs `use`, closes the board. */
    async withModel<T>(blob: Uint8Array, use: (session: BoardSession) => Promise<T>): Promise<T> {
      const board = await openBoard()
      try {
        const session = await connectBoard(board)
        await session.flash(firmwareImage, blob)
        return await use(session)
      } finally {
        await board.close()
      }
    },
  }
}

export const BOARD_IDS = BOARDS.map(({ id }) => id)

/** The same board with some of it replaced: a broken cable, a chip that says other things. */
export const changed = (
  board: Board,
  change: { data?: BoardData; probe?: (probe: Probe) => Partial<Probe> },
): Board => ({
  id: board.id,
  data: change.data ?? board.data,
  provenance: board.provenance,
  timing: board.timing,
  takeMarks: () => board.takeMarks!(),
  close: () => board.close(),
  probe: {
    info: board.probe.info,
    read: (address, length) => board.probe.read(address, length),
    write: (address, data) => board.probe.write(address, data),
    readWord: (address) => board.probe.readWord(address),
    writeWord: (address, value) => board.probe.writeWord(address, value),
    pulseReset: () => board.probe.pulseReset(),
    close: () => board.probe.close(),
    ...change.probe?.(board.probe),
  },
})

/** `count` sets of int8 inputs. */
export function randomInputs(graph: Graph, count: number, seed: number): TensorData[][] {
  const rng = createRng(seed)
  return Array.from({ length: count }, () =>
    graph.inputs.map((id) => Int8Array.from({ length: elementCount(graph.tensors[id]!.shape) }, () => rng.int(256))),
  )
}
