// One board in use: who it is, what is flashed, and the firmware's answers. Everything goes through the probe.

import { systemClock, type Clock } from '../base/clock.ts'
import { AppError, throwIfCancelled, toAppError } from '../base/errors.ts'
import { sha256 } from '../base/hash.ts'
import { addr, hexAddr } from '../base/units.ts'
import type { BoardData, FlashSector } from './board-data.ts'
import type { Board, ExecutionMark } from './board.ts'
import { checkChip } from './chip-id.ts'
import { createCore, type Core } from './cortex-m.ts'
import { lockupError, throwIfFaulted } from './fault-record.ts'
import { createFirmwareClient, type FirmwareClient, type Hello } from './firmware-client.ts'
import type { FlashDriver } from './flash-driver.ts'
import { createFlashDriver } from './flash-drivers.ts'
import { createStepTimes, type StepReport } from './flash-steps.ts'
import { foreignFlash, foreignSectors } from './foreign-flash.ts'
import {
  refuseTooLarge,
  writeRegion,
  type FlashProgress,
  type RegionContent,
  type RegionReport,
} from './flash-region.ts'
import {
  IMAGE_HEADER_BYTES,
  IMAGE_HEADER_OFFSET,
  imageHeaderOf,
  parseImageHeader,
  type ImageHeader,
} from './image-header.ts'
import { createLink } from './link.ts'
import { startLoader, type RamLoader } from './ram-loader.ts'
import { forgetRtt, openRttStream } from './rtt-link.ts'
import { lockedForGood } from './unprotect.ts'
import { freezeWatchdogs } from './watchdog-freeze.ts'

export interface FlashOptions {
  onProgress?: (progress: FlashProgress) => void
  signal?: AbortSignal
  /**
   * Asked before sectors are erased that hold neither Thimble's content nor nothing; throws to stop. Without it
   * flashing stops with FLASH_FOREIGN.
   */
  onForeign?: (sectors: readonly FlashSector[]) => Promise<void>
  /** Asked after that; what a person takes to answer counts to no step. Throws to stop. */
  agree?: (sectors: readonly FlashSector[]) => Promise<void>
  /** the program that writes flash from the chip's RAM; without it, or when it does not start, the probe writes it */
  loader?: Uint8Array | undefined
}

export interface FlashReport {
  firmwareSha256: string
  firmware: RegionReport
  model: RegionReport
  /** what programmed and compared flash, small pieces aside */
  programmedBy: 'loader' | 'probe'
  /** since the session began, or since its last flashing */
  steps: StepReport[]
}

export interface BoardSession {
  readonly board: Board
  readonly core: Core
  /**
   * Brings firmware and model into flash, writing only the sectors that differ, verifies them, and resets the board.
   * Cancelling takes effect between sectors and leaves a board that refuses the half-written part. Throws
   * BOARD_PROTECTED, BOARD_WRONG_CHIP, MODEL_TOO_LARGE, FLASH_FOREIGN, FLASH_FAILED, FLASH_VERIFY_FAILED,
   * FLASH_LOADER_FAILED, BOARD_GONE, CANCELLED.
   */
  flash(image: Uint8Array, blob: Uint8Array, options?: FlashOptions): Promise<FlashReport>
  /** Resets the board and waits until its firmware answers. Throws BOARD_NO_FIRMWARE, BOARD_TIMEOUT, BOARD_FAULT. */
  start(): Promise<Hello>
  /** The running firmware; throws BOARD_NO_FIRMWARE before `start`. */
  firmware(): FirmwareClient
  /** What the emulated core did between the firmware's marks since the last call; null on a real board. */
  takeMarks(): Promise<ExecutionMark[] | null>
}

/** Everything before the image header and the header itself: without them the chip does not start. */
const IMAGE_HEAD_BYTES = 1024
/** The packed model's header, with its magic number and its CRC. */
const MODEL_HEAD_BYTES = 32

const firmwareContent = (data: BoardData, bytes: Uint8Array): RegionContent => ({
  region: data.firmwareRegion,
  bytes,
  headBytes: IMAGE_HEAD_BYTES,
})
const modelContent = (data: BoardData, bytes: Uint8Array): RegionContent => ({
  region: data.modelRegion,
  bytes,
  headBytes: MODEL_HEAD_BYTES,
})

async function checkProtection(flash: FlashDriver) {
  const { level } = await flash.protection()
  if (level === 2) throw lockedForGood()
  if (level === 1) {
    const context = { protection_level: level }
    throw new AppError('BOARD_PROTECTED', "The chip's flash is read-out protected (level 1).", { context })
  }
}

/** Makes sure that the chip is the one it should be and can be used. Throws BOARD_WRONG_CHIP, BOARD_PROTECTED, BOARD_LOCKED_FOR_GOOD. */
export async function connectBoard(board: Board, clock: Clock = systemClock): Promise<BoardSession> {
  const { probe, data } = board
  const core = createCore(probe, clock)
  const flash = createFlashDriver(data.flash.driver, probe, clock)
  const steps = createStepTimes(clock)
  await steps.time('identify', 0, async () => {
    await checkChip(probe, data)
    await checkProtection(flash)
  })

  let client: FirmwareClient | null = null

  /** Undefined when it does not answer as it should: the core stands at its reset vector again. */
  async function tryLoader(code: Uint8Array): Promise<RamLoader | undefined> {
    try {
      return await startLoader(code, data.flash.driver, { probe, core, clock })
    } catch (error) {
      if (toAppError(error).code !== 'FLASH_LOADER_FAILED') throw error
      await core.resetAndHalt()
      return undefined
    }
  }

  async function readImageHeader(): Promise<ImageHeader> {
    const at = addr(data.firmwareRegion.start + IMAGE_HEADER_OFFSET)
    const header = parseImageHeader(await probe.read(at, IMAGE_HEADER_BYTES))
    if (header === null) {
      throw new AppError('BOARD_NO_FIRMWARE', `There is no Thimble firmware at ${hexAddr(data.firmwareRegion.start)}.`)
    }
    if (header.chip_id !== data.idCode) {
      throw new AppError('BOARD_NO_FIRMWARE', 'The firmware in flash was built for another chip.')
    }
    return header
  }

  async function start(): Promise<Hello> {
    client = null
    const header = await readImageHeader()
    await core.resetAndHalt()
    await forgetRtt(probe, addr(header.rtt_address))
    await probe.writeWord(addr(header.fault_address), 0)
    if (board.takeMarks !== undefined) await core.enableMarks()
    await core.state() // forgets our own reset
    await core.resume()
    const diagnose = async () => {
      await throwIfFaulted(probe, addr(header.fault_address))
      const { lockedUp, wasReset } = await core.state()
      if (lockedUp) throw await lockupError(core, probe)
      if (wasReset) throw new AppError('BOARD_GONE', 'The board was reset while it was in use.')
    }
    const stream = await openRttStream(probe, addr(header.rtt_address), { diagnose, clock })
    const started = createFirmwareClient(createLink(stream, clock))
    const hello = await started.hello()
    client = started
    return hello
  }

  return {
    board,
    core,
    start,

    async flash(image, blob, { onProgress = () => undefined, signal, onForeign, agree, loader: code } = {}) {
      const header = imageHeaderOf(image)
      if (header.chip_id !== data.idCode) {
        throw new AppError('BOARD_WRONG_CHIP', `The firmware image is built for chip 0x${header.chip_id.toString(16)}.`)
      }
      throwIfCancelled(signal)
      client = null
      // A reset first: no peripheral of an earlier program runs on, and the flash caches are off.
      await core.resetAndHalt()
      try {
        const thawWatchdogs = await freezeWatchdogs(probe, data.idCode)
        const contents = { firmware: firmwareContent(data, image), model: modelContent(data, blob) }
        for (const content of Object.values(contents)) refuseTooLarge(content)
        const foreign = await steps.time('compare', 0, () =>
          foreignSectors([contents.firmware, contents.model], { probe, data }),
        )
        if (foreign.length > 0) {
          if (onForeign === undefined) throw foreignFlash(foreign, null)
          await steps.time('backup', data.flash.size, () => onForeign(foreign))
          await agree?.(foreign)
        }
        const loader = code === undefined ? undefined : await steps.time('compare', 0, () => tryLoader(code))
        const tools = { probe, flash, loader, sectors: data.flash.sectors, signal, steps, onProgress }
        const firmware = await writeRegion(contents.firmware, tools)
        const model = await writeRegion(contents.model, tools)
        const reset = (done: number) => onProgress({ step: 'reset', region: firmware.region, done, total: 1 })
        reset(0)
        await thawWatchdogs()
        await steps.time('reset', 0, start)
        reset(1)
        const programmedBy = loader === undefined ? 'probe' : 'loader'
        return { firmwareSha256: sha256(image), firmware, model, programmedBy, steps: steps.take() }
      } catch (error) {
        // Whole firmware starts and refuses a half-written model; the error is about more than a core left halted.
        await core
          .resetAndHalt()
          .then(() => core.resume())
          .catch(() => undefined)
        throw error
      }
    },

    firmware() {
      if (client === null) throw new AppError('BOARD_NO_FIRMWARE', 'The firmware has not been started.')
      return client
    },

    takeMarks: async () => (await board.takeMarks?.()) ?? null,
  }
}
