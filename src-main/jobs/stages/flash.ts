import type { Progress } from '../../base/progress.ts'
import type { Board } from '../../device/board.ts'
import type { Hello, OpenModel } from '../../device/firmware-client.ts'
import type { FlashProgress } from '../../device/flash-region.ts'
import { createStepTimes, type StepReport } from '../../device/flash-steps.ts'
import { foreignFlash, namedSectors } from '../../device/foreign-flash.ts'
import { connectBoard, type BoardSession, type FlashReport } from '../../device/session.ts'
import { formatBytes, formatDuration } from '../../contract/format.ts'
import type { JobQuestion } from '../../contract/run.ts'
import type { PackedModel } from '../../pack/writer.ts'
import { backupFlash } from '../backup-flash.ts'
import type { Firmware } from '../firmware-image.ts'
import type { JobContext } from '../job-context.ts'

/** What may become of flash that Thimble has not written. */
export interface FlashConsent {
  /** it is read back to a file in this folder */
  backupFolder: string
  /** then erased; without it, and with nobody to ask, flashing stops with FLASH_FOREIGN, which names sectors and file */
  overwriteForeign: boolean
  /** resolves when the user agrees */
  ask?: ((question: JobQuestion) => Promise<void>) | undefined
}

export interface FlashInput {
  board: Board
  /** what opening the board took */
  connectMs: number
  firmware: Firmware
  packed: PackedModel
  consent: FlashConsent
}

export interface Flashed {
  session: BoardSession
  hello: Hello
  /** as the firmware checked and opened it */
  model: OpenModel
  report: FlashReport
  /** of everything, from the connection to the opened model */
  steps: StepReport[]
}

/** Write, verify, reset; then the firmware has to answer and take the model. Throws what BoardSession.flash throws. */
export async function flash(
  { board, connectMs, firmware, packed, consent }: FlashInput,
  ctx: JobContext,
): Promise<Flashed> {
  const session = await connectBoard(board, ctx.clock)
  let backup = ''
  const report = await session.flash(firmware.image, packed.blob, {
    signal: ctx.signal,
    loader: firmware.loader,
    onProgress: withSpeed(ctx),
    onForeign: async () => {
      backup = (await backupFlash(board, { folder: consent.backupFolder }, ctx.progress)).file
      ctx.fact('flash_backup', backup)
    },
    agree: async (sectors) => {
      if (!consent.overwriteForeign) {
        if (consent.ask === undefined) throw foreignFlash(sectors, backup)
        await consent.ask({
          sectors: sectors.map(({ index, start, size: bytes }) => ({ index, start, bytes })),
          backup,
        })
      }
      ctx.fact('foreign_sectors', namedSectors(sectors))
      ctx.log('info', `What flash held before is in ${backup}.`)
    },
  })
  for (const region of [report.firmware, report.model]) {
    ctx.fact(`${region.region}_erased_sectors`, region.erasedSectors.join(', ') || '–')
    ctx.fact(`${region.region}_written_bytes`, region.writtenBytes)
    ctx.fact(`${region.region}_verified_bytes`, region.verifiedBytes)
  }
  const run = createStepTimes(ctx.clock)
  const { hello, model } = await run.time('run', 0, async () => {
    const client = session.firmware()
    return { hello: await client.hello(), model: await client.openModel() }
  })
  const steps: StepReport[] = [{ name: 'connect', bytes: 0, ms: connectMs }, ...report.steps, ...run.take()]
  for (const step of steps) ctx.fact(`flash_step_${step.name}`, stepText(step))
  ctx.fact('firmware_sha256', report.firmwareSha256)
  ctx.fact('clock_hz', hello.clock)
  ctx.fact('clock_source', hello.clockSource)
  return { session, hello, model, report, steps }
}

/** Bytes a second; null where a step moves none or took no time that can be told. */
export const speedOf = ({ bytes, ms }: Pick<StepReport, 'bytes' | 'ms'>): number | null =>
  bytes === 0 || ms === 0 ? null : (1000 * bytes) / ms

export function stepText(step: StepReport): string {
  const speed = speedOf(step)
  const took = formatDuration(step.ms)
  return speed === null ? took : `${formatBytes(step.bytes)} in ${took}, ${formatBytes(speed)}/s`
}

/** Steps as progress, those that count bytes with their speed so far. */
function withSpeed({ progress, clock }: { progress: Progress; clock: JobContext['clock'] }) {
  let key = ''
  let start = 0
  return ({ step, region, done, total }: FlashProgress) => {
    const now = clock.monotonicMs()
    if (key !== `${step} ${region}`) {
      key = `${step} ${region}`
      start = now
    }
    const speed = step === 'erase' || step === 'reset' ? null : speedOf({ bytes: done, ms: now - start })
    progress(done, total, speed === null ? key : `${key}, ${formatBytes(speed)}/s`)
  }
}
