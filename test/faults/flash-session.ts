// One flash session from the cable to the running model, and what a chip holds after one that went wrong.

import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import type { BoardData } from '../../src-main/device/board-data.ts'
import { connectBoard, type BoardSession, type FlashReport } from '../../src-main/device/session.ts'
import { openUsbProbe } from '../../src-main/device/usb-probes.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { errorOf, type FaultyBoard } from './faulty-board.ts'

const loader = new Uint8Array(readFileSync('assets/firmware/loader.bin'))
export const firmwareOf = ({ id }: BoardData) => new Uint8Array(readFileSync(`assets/firmware/${id}.bin`))

/** Two small models to take turns, so that every session has something to write. */
export const modelsFor = (data: BoardData) =>
  [21, 22].map((seed) => packModel(planModel(randomNetwork(createRng(seed)).graph, data)).blob) as [
    Uint8Array,
    Uint8Array,
  ]

/** Connects through the cable and hands the session on; whatever happens, the probe is let go. */
async function withSession<T>(
  board: FaultyBoard,
  use: (session: BoardSession) => Promise<T>,
  list = board.list,
): Promise<T> {
  const probe = await openUsbProbe(board.probeId, list)
  try {
    return await use(
      await connectBoard({
        ...{ id: board.probeId, data: board.data, provenance: 'emulated', timing: board.data.timing, probe },
        close: () => probe.close(),
      }),
    )
  } finally {
    await probe.close()
  }
}

/** Connect, flash by the loader or by the probe alone, verify, reset, run, open the model. */
export const flashAndRun = (
  board: FaultyBoard,
  image: Uint8Array,
  blob: Uint8Array,
  { by = 'loader', list = board.list }: { by?: FlashReport['programmedBy']; list?: typeof board.list } = {},
) =>
  withSession(
    board,
    async (session) => {
      const report = await session.flash(image, blob, { loader: by === 'loader' ? loader : undefined })
      expect(report.programmedBy).toBe(by)
      const model = await session.firmware().openModel()
      return { report, model }
    },
    list,
  )

/** The model region's bytes, as many as `blob` has. */
export function heldModel(board: FaultyBoard, length: number): Uint8Array {
  const from = board.data.modelRegion.start - board.data.flash.start
  return board.flash().subarray(from, from + length)
}

const equal = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

/** Which of the models is in flash completely. */
export const wholeModel = (board: FaultyBoard, models: readonly Uint8Array[]): Uint8Array | undefined =>
  models.find((blob) => equal(heldModel(board, blob.length), blob))

/**
 * What the firmware itself says of what is in flash: 'whole' when it starts and takes the model, otherwise the code of
 * its refusal.
 */
export const firmwareSays = async (board: FaultyBoard) =>
  (
    await errorOf(
      withSession(board, async (session) => {
        await session.start()
        await session.firmware().openModel()
      }),
    )
  )?.code ?? 'whole'

/** Flash with the firmware and a model in it, and nothing else. */
export function flashWith(data: BoardData, blob: Uint8Array): Uint8Array {
  const flash = new Uint8Array(data.flash.size).fill(0xff)
  flash.set(firmwareOf(data), data.firmwareRegion.start - data.flash.start)
  flash.set(blob, data.modelRegion.start - data.flash.start)
  return flash
}
