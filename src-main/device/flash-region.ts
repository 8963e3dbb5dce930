// Brings one region of flash to the wanted bytes: compare, erase, write, verify, and last of all the head, which makes
// the content valid. Whatever ends it early, a half-written region is refused by whoever reads it.
//
// With the loader in RAM it programs all but small pieces, and says by its hash what flash holds; without it everything goes
// through the probe. A hash that differs is never taken for an error by itself: what flash holds is read back then.

import { AppError, throwIfCancelled } from '../base/errors.ts'
import { KB, addr, hexAddr, type Addr } from '../base/units.ts'
import type { FlashSector, MemoryRegion } from './board-data.ts'
import type { FlashDriver } from './flash-driver.ts'
import { flashHash } from './flash-hash.ts'
import { planWrites, touchedSectors, type SectorWrite } from './flash-plan.ts'
import type { FlashStep, StepTimes } from './flash-steps.ts'
import type { Probe } from './probe.ts'
import { sameHash, type RamLoader } from './ram-loader.ts'

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
  /** running; undefined: the core stands still */
  loader?: RamLoader | undefined
  sectors: readonly FlashSector[]
  signal: AbortSignal | undefined
  steps: StepTimes
  onProgress: (progress: FlashProgress) => void
}

const READ_CHUNK = 4 * KB
/** What is no longer than this goes through the probe: handing it to the loader takes as long. */
const SMALL_BYTES = 1 * KB

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

/** Whether flash holds `wanted` from `start` on. */
async function holds(wanted: Uint8Array, start: Addr, { probe, loader }: RegionTools): Promise<boolean> {
  if (loader !== undefined) return sameHash(await loader.hash(start, wanted.length), flashHash(wanted))
  return Buffer.compare(await readBack(probe, start, wanted.length), wanted) === 0
}

async function verifyFlash(wanted: Uint8Array, start: Addr, tools: RegionTools, onBytes: (count: number) => void) {
  if (tools.loader !== undefined && (await holds(wanted, start, tools))) onBytes(wanted.length)
  else verifyEqual(wanted, await readBack(tools.probe, start, wanted.length, onBytes), start)
}

const program = (start: Addr, data: Uint8Array, { flash, loader }: RegionTools, onBytes: (count: number) => void) =>
  loader === undefined || data.length <= SMALL_BYTES
    ? flash.program(start, data, onBytes)
    : loader.program(start, data, flash.programSetup(start), onBytes)

/** Throws MODEL_TOO_LARGE when the region is smaller than its content. */
export function refuseTooLarge({ region, bytes }: RegionContent): void {
  if (bytes.length <= region.size) return
  const over = bytes.length - region.size
  throw new AppError('MODEL_TOO_LARGE', `The ${region.name} is ${over} bytes larger than its ${region.size} of flash.`)
}

/** Throws BOARD_PROTECTED when a sector to be changed is write-protected, MODEL_TOO_LARGE when the region is smaller. */
export async function writeRegion(content: RegionContent, tools: RegionTools): Promise<RegionReport> {
  const { flash, loader, sectors, signal, steps, onProgress } = tools
  const { region, headBytes } = content
  refuseTooLarge(content)
  const wanted = padTo(flash.programBytes, content.bytes)
  const touched = touchedSectors(sectors, region.start, wanted.length)
  const changed: boolean[] = []
  await steps.time('compare', wanted.length, async () => {
    for (const { from, to } of touched) {
      throwIfCancelled(signal)
      changed.push(!(await holds(wanted.subarray(from, to), addr(region.start + from), tools)))
    }
  })
  const writes = planWrites(touched, changed)
  const report = (erasedSectors: number[], written: number): RegionReport => ({
    region: region.name,
    bytes: content.bytes.length,
    erasedSectors,
    writtenBytes: written,
    verifiedBytes: wanted.length,
  })
  if (writes.length === 0) return report([], 0) // comparing it has just verified it

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

  const eraseAll = async () => {
    for (const [done, { sector }] of writes.entries()) {
      throwIfCancelled(signal)
      onProgress({ step: 'erase', region: region.name, done, total: writes.length })
      await steps.time('erase', sector.size, () => flash.erase(sector))
    }
    onProgress({ step: 'erase', region: region.name, done: writes.length, total: writes.length })
  }

  await flash.unlocked(async () => {
    await (loader === undefined ? eraseAll() : loader.paused(eraseAll))

    const wrote = counter('write')
    const verified = counter('verify')
    const write = async (from: number, to: number) => {
      if (from >= to) return
      await steps.time('write', to - from, () => program(at(from), wanted.subarray(from, to), tools, wrote))
    }
    const verify = (from: number, to: number) =>
      steps.time('verify', to - from, async () => {
        if (from < to) await verifyFlash(wanted.subarray(from, to), at(from), tools, verified)
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
