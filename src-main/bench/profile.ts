// One inference with the cost of each op: cycles from the chip's own counter, instructions from the marks that the
// firmware leaves before each op and behind the last. Only an emulator can count what happens between two marks.

import { AppError } from '../base/errors.ts'
import type { Cycles, Hz, Us } from '../base/units.ts'
import type { ExecutionMark } from '../device/board.ts'
import type { OpenModel } from '../device/firmware-client.ts'
import { MARK_END } from '../device/link-protocol.ts'
import type { BoardSession } from '../device/session.ts'
import { latencyOf } from './latency.ts'

/** What the graph says about an op; `index` is its place in the packed model. */
export interface OpFacts {
  op: string
  macs: number
}

export interface LayerRow extends OpFacts {
  index: number
  instructions: number | null
  cycles: Cycles | null
}

export interface ProfiledInference {
  outputs: Uint8Array[]
  /** between the first mark and the end mark; null on a real board */
  instructions: number | null
  cycles: Cycles | null
  latency: Us | null
  layers: LayerRow[]
}

/**
 * Instructions of each of `ops` ops, from the marks of one inference, in however many runs it was made. Throws
 * BOARD_FAULT when a mark is missing.
 */
export function instructionsPerOp(marks: readonly ExecutionMark[], ops: number): number[] {
  const counts = new Array<number>(ops).fill(-1)
  for (const [at, mark] of marks.entries()) {
    const next = marks[at + 1]
    if (mark.value !== MARK_END && mark.value < ops && next !== undefined) {
      counts[mark.value] = next.instructions - mark.instructions
    }
  }
  const missing = counts.indexOf(-1)
  if (missing >= 0) throw new AppError('BOARD_FAULT', `The firmware left no mark for op ${missing}.`)
  return counts
}

/** `inputs` and `model` as FirmwareClient has them; `ops` in the packed model's order. */
export async function profileInference(
  session: Pick<BoardSession, 'firmware' | 'takeMarks'>,
  model: OpenModel,
  clock: Hz,
  inputs: readonly Uint8Array[],
  ops: readonly OpFacts[],
  signal?: AbortSignal,
): Promise<ProfiledInference> {
  const firmware = session.firmware()
  for (const [index, span] of model.inputs.entries()) {
    const input = inputs[index]
    if (input?.length !== span.bytes) {
      throw new AppError('INPUT_SIZE_WRONG', `Input ${index} takes ${span.bytes} bytes, not ${input?.length ?? 0}.`)
    }
    await firmware.writeArena(span.offset, input, signal)
  }
  await session.takeMarks()
  const run = await firmware.runOps(0, model.ops, { profile: true, signal })
  const marks = await session.takeMarks()
  const outputs: Uint8Array[] = []
  for (const span of model.outputs) outputs.push(await firmware.readArena(span.offset, span.bytes, signal))

  const instructions = marks === null ? null : instructionsPerOp(marks, model.ops)
  return {
    outputs,
    instructions: instructions === null ? null : instructions.reduce((sum, count) => sum + count, 0),
    cycles: run.cycles,
    latency: latencyOf(run.cycles, clock),
    layers: ops.map((facts, index) => ({
      index,
      ...facts,
      instructions: instructions?.[index] ?? null,
      cycles: run.opCycles?.[index] ?? null,
    })),
  }
}
