// Brings one region of flash to the wanted bytes: compare, erase, write, verify, and last of all the head, which makes
// the content valid. Whatever ends it early, a half-written region is refused by whoever reads it.

import { AppError, throwIfCancelled } from '../base/errors.ts'
import { KB, addr, hexAddr, type Addr } from '../base/units.ts'
import type { FlashSector, MemoryRegion } from './board-data.ts'
import type { FlashDriver } from './flash-driver.ts'
import { planFlash, type SectorWrite } from './flash-plan.ts'
import type { FlashStep, StepTimes } from './flash-steps.ts'
import type { Probe } from './probe.ts'

/** `erase` counts sectors, `backup`, `write` and `verify` bytes, `reset` is 0 or 1 of 1. */
export interface FlashProgress {
  step: FlashStep
  region: string
  done: number
  total: number
}

export interface RegionContent {
  region: MemoryRegion
  bytes: Uint8Array
  /** how much at the start makes the content valid: a multiple of what any chip programs at once */
  headBytes: number
}

export interface RegionReport {
  region: string
  bytes: number
  erasedSectors: number[]
  writtenBytes: number
  verifiedBytes: number
}

export interface RegionTools {
  probe: Probe
  flash: FlashDriver
  sectors: readonly FlashSector[]
  signal: AbortSignal | undefined
  steps: StepTimes
  onProgress: (progress: FlashProgress) => void
}

const READ_CHUNK = 4 * KB

/** `length` bytes from `start` on; `onBytes` counts them as they come. */
export async function readBack(
  probe: Probe,
  start: number,
  length: number,
  onBytes: (count: number) => void = () => undefined,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at += READ_CHUNK) {
    const chunk = await probe.read(addr(start + at), Math.min(READ_CHUNK, length - at))
    bytes.set(chunk, at)
    onBytes(chunk.length)
  }
  return bytes
}

/** Flash is programmed in pieces: the last one is filled up with what erased flash holds. */
function padTo(piece: number, bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / piece) * piece).fill(0xff)
  padded.set(bytes)
  return padded
}

function verifyEqual(wanted: Uint8Array, found: Uint8Array, start: number) {
  if (Buffer.compare(wanted, found) === 0) return
  const at = wanted.findIndex((byte, index) => byte !== found[index])
  throw new AppError('FLASH_VERIFY_FAILED', `Flash at ${hexAddr(start + at)} holds ${found[at]}, not ${wanted[at]}.`, {
    context: { address: hexAddr(start + at), wanted: wanted[at], found: found[at] },
  })
}

/** Throws MODEL_TOO_LARGE when the region is smaller than its content. */
export function refuseTooLarge({ region, bytes }: RegionContent): void {
  if (bytes.length <= region.size) return
  const over = bytes.length - region.size
  throw new AppError('MODEL_TOO_LARGE', `The ${region.name} is ${over} bytes larger than its ${region.size} of flash.`)
}

/** Throws BOARD_PROTECTED when a sector to be changed is write-protected, MODEL_TOO_LARGE when the region is smaller. */
export async function writeRegion(content: RegionContent, tools: RegionTools): Promise<RegionReport> {
  const { probe, flash, sectors, signal, steps, onProgress } = tools
  const { region, headBytes } = content
  refuseTooLarge(content)
  const wanted = padTo(flash.programBytes, content.bytes)
  const current = await steps.time('compare', wanted.length, () => readBack(probe, region.start, wanted.length))
  const writes = planFlash(sectors, region.start, wanted, current)
  const report = (erasedSectors: number[], written: number): RegionReport => ({
    region: region.name,
    bytes: content.bytes.length,
    erasedSectors,
    writtenBytes: written,
    verifiedBytes: wanted.length,
  })
  if (writes.length === 0) return report([], 0) // reading it back has just verified it

  await refuseProtected(flash, writes)
  const total = writes.reduce((sum, { from, to }) => sum + to - from, 0)
  const counter = (step: FlashStep) => {
    let done = 0
    return (count: number) => {
      done += count
      onProgress({ step, region: region.name, done, total })
    }
  }
  const bodyOf = ({ from, to }: SectorWrite) => ({ from: Math.max(from, headBytes), to })
  const at = (offset: number): Addr => addr(region.start + offset)

  await flash.unlocked(async () => {
    for (const [done, { sector }] of writes.entries()) {
      throwIfCancelled(signal)
      onProgress({ step: 'erase', region: region.name, done, total: writes.length })
      await steps.time('erase', sector.size, () => flash.erase(sector))
    }
    onProgress({ step: 'erase', region: region.name, done: writes.length, total: writes.length })

    const wrote = counter('write')
    const verified = counter('verify')
    const write = async (from: number, to: number) => {
      if (from >= to) return
      await steps.time('write', to - from, () => flash.program(at(from), wanted.subarray(from, to), wrote))
    }
    const verify = (from: number, to: number) =>
      steps.time('verify', to - from, async () => {
        if (from >= to) return
        verifyEqual(wanted.subarray(from, to), await readBack(probe, at(from), to - from, verified), at(from))
      })
    for (const { from, to } of writes.map(bodyOf)) {
      throwIfCancelled(signal)
      await write(from, to)
    }
    for (const { from, to } of writes.map(bodyOf)) {
      throwIfCancelled(signal)
      await verify(from, to)
    }
    await write(0, Math.min(headBytes, wanted.length))
    await verify(0, Math.min(headBytes, wanted.length))
  })
  return report(
    writes.map(({ sector }) => sector.index),
    total,
  )
}

async function refuseProtected(flash: FlashDriver, writes: readonly SectorWrite[]) {
  const { writeProtected } = await flash.protection()
  const refused = writes.map(({ sector }) => sector.index).filter((index) => writeProtected.includes(index))
  if (refused.length > 0) {
    throw new AppError('BOARD_PROTECTED', `Flash sectors ${refused.join(', ')} are write-protected.`, {
      hint: 'Take the write protection off with ST tools. Flashing never touches option bytes.',
      context: { sectors: refused },
    })
  }
}
