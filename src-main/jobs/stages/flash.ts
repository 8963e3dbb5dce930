import type { Board } from '../../device/board.ts'
import type { Hello, OpenModel } from '../../device/firmware-client.ts'
import { connectBoard, type BoardSession, type FlashReport } from '../../device/session.ts'
import type { PackedModel } from '../../pack/writer.ts'
import type { Firmware } from '../firmware-image.ts'
import type { JobContext } from '../job-context.ts'

export interface FlashInput {
  board: Board
  firmware: Firmware
  packed: PackedModel
}

export interface Flashed {
  session: BoardSession
  hello: Hello
  /** as the firmware checked and opened it */
  model: OpenModel
  report: FlashReport
}

/** Write, verify, reset; then the firmware has to answer and take the model. Throws what BoardSession.flash throws. */
export async function flash({ board, firmware, packed }: FlashInput, ctx: JobContext): Promise<Flashed> {
  const session = await connectBoard(board, ctx.clock)
  const report = await session.flash(firmware.image, packed.blob, {
    signal: ctx.signal,
    onProgress: ({ step, region, done, total }) => ctx.progress(done, total, `${step} ${region}`),
  })
  for (const region of [report.firmware, report.model]) {
    ctx.fact(`${region.region}_erased_sectors`, region.erasedSectors.join(', ') || '–')
    ctx.fact(`${region.region}_written_bytes`, region.writtenBytes)
    ctx.fact(`${region.region}_verified_bytes`, region.verifiedBytes)
  }
  const client = session.firmware()
  const hello = await client.hello()
  const model = await client.openModel()
  ctx.fact('firmware_sha256', report.firmwareSha256)
  ctx.fact('clock_hz', hello.clock)
  ctx.fact('clock_source', hello.clockSource)
  return { session, hello, model, report }
}
