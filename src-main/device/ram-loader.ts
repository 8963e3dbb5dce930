// The loader in the chip's RAM, as the host sees it: brought there, started, given jobs, and watched. It programs flash from
// one buffer while the host fills the other, and hashes flash at the core's speed, so that nothing need be read back.

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../base/clock.ts'
import { AppError } from '../base/errors.ts'
import { addr, hexAddr, hz, type Addr, type Hz } from '../base/units.ts'
import type { FlashKind } from './board-data.ts'
import type { Core } from './cortex-m.ts'
import { controllerBusy, controllerError, errorBits, type ProgramSetup } from './flash-driver.ts'
import { flashHash, type FlashHash } from './flash-hash.ts'
import {
  ANSWER_BYTES,
  LOADER_BUFFER_BYTES,
  LOADER_JOBS,
  LOADER_MAILBOX,
  LOADER_OP,
  LOADER_READY,
  LOADER_REQUEST,
  LOADER_RESULT,
  LOADER_SETTINGS,
  LOADER_START,
  MAILBOX_BYTES,
  loaderPlace,
} from './loader-layout.ts'
import type { Probe } from './probe.ts'

export interface RamLoader {
  /** Of `length` bytes, whole words, from `start` on. */
  hash(start: Addr, length: number): Promise<FlashHash>
  /** As FlashDriver.program, in multiples of what `setup` programs at once. Throws FLASH_FAILED, FLASH_LOADER_FAILED. */
  program(start: Addr, data: Uint8Array, setup: ProgramSetup, onBytes: (count: number) => void): Promise<void>
  /** Runs `work` while the loader stands still; it goes on when that succeeds. */
  paused<T>(work: () => Promise<T>): Promise<T>
}

interface LoaderChip {
  /** IWDG_KR: option bytes may have started that watchdog, and the loader reloads it here */
  watchdog: Addr
  /** what the core runs at after a reset: the internal oscillator */
  hsi: Hz
  /** between two looks whether a unit is programmed: a small part of the time that takes */
  pause: number
}

/** Sources: RM0090 2.3 and 6.2.2, RM0385 2.2.2 and 5.2.2, RM0433 2.3.2 and 8.5.2. */
export const LOADER_CHIPS: Readonly<Record<FlashKind, LoaderChip>> = {
  f4: { watchdog: addr(0x40003000), hsi: hz(16_000_000), pause: 4 },
  f7: { watchdog: addr(0x40003000), hsi: hz(16_000_000), pause: 4 },
  h7: { watchdog: addr(0x58004800), hsi: hz(64_000_000), pause: 64 },
}

/** At least this long the loader waits for its next job: longer than any erasing and any pause of the host's. */
const IDLE_S = 120
/** of a look for the next job, at the least */
const IDLE_POLL_CYCLES = 8
/** A unit takes 1 ms at most (DS8626 table 39, DS10916 table 50, DS12110 table 56), and each look some cycles. */
const UNIT_POLLS = 1_000_000

/** Host time. A job takes about 0.2 s: the hash of 256 KB at 16 MHz. */
const READY_MS = 2000
const JOB_MS = 10_000
/** After so many looks for its word the loader itself is looked at. */
const LOOKS_AT_WORD = 16

/** xPSR of a core that executes Thumb code, outside of any exception. */
const THUMB = 1 << 24

const words = (values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  values.forEach((value, index) => view.setUint32(4 * index, value >>> 0, true))
  return bytes
}

type Request = Record<(typeof LOADER_REQUEST)[number]['name'], number>
type Settings = Record<(typeof LOADER_SETTINGS)[number]['name'], number>

interface Answer {
  result: number
  stoppedAt: Addr
  flags: number
  hash: FlashHash
}

export const sameHash = (a: FlashHash, b: FlashHash): boolean => a.every((word, index) => word === b[index])

/**
 * Brings the loader into the RAM of a core that was reset and halted, starts it and has it hash itself. RAM loses what it
 * held; the core has to be reset afterwards. Throws FLASH_LOADER_FAILED when it doesn't answer well, BOARD_GONE, and what
 * the probe throws.
 */
export async function startLoader(
  code: Uint8Array,
  kind: FlashKind,
  { probe, core, clock }: { probe: Probe; core: Core; clock: Clock },
): Promise<RamLoader> {
  if (code.length > LOADER_MAILBOX) {
    throw new AppError('INTERNAL', `The loader has ${code.length} bytes, and room for ${LOADER_MAILBOX}.`)
  }
  const { watchdog, hsi, pause } = LOADER_CHIPS[kind]
  let jobs = 0

  /** Waits until the loader has written `value` at `address`. */
  async function waitFor(address: Addr, value: number, what: string, timeoutMs: number) {
    const start = clock.monotonicMs()
    for (let looks = 1; ; looks++) {
      if ((await probe.readWord(address)) === value) return
      await nextTurn() // a probe's transaction takes about a millisecond: that is pause enough
      if (looks % LOOKS_AT_WORD !== 0) continue
      const state = await core.state()
      const fate = state.wasReset
        ? 'the chip was reset'
        : state.lockedUp
          ? 'it ran into a fault'
          : state.halted
            ? 'the core was halted'
            : undefined
      if (fate !== undefined || clock.monotonicMs() - start > timeoutMs) {
        throw new AppError('FLASH_LOADER_FAILED', `The loader did not ${what}: ${fate ?? 'it does not end'}.`, {
          context: { ...state },
        })
      }
    }
  }

  /** Gives the loader its next job; the one two before it must have ended. */
  async function submit(wanted: Partial<Request>): Promise<number> {
    const number = ++jobs
    const request: Partial<Request> = { ...wanted, number }
    await probe.write(loaderPlace.request(placeOf(number)), words(LOADER_REQUEST.map(({ name }) => request[name] ?? 0)))
    return number
  }

  async function answerTo(number: number, what: string): Promise<Answer> {
    const place = loaderPlace.answer(placeOf(number))
    await waitFor(addr(place + ANSWER_BYTES - 4), number, what, JOB_MS)
    const [result, stoppedAt, flags, ...hash] = wordsOf(await probe.read(place, ANSWER_BYTES - 4))
    return { result: result!, stoppedAt: addr(stoppedAt!), flags: flags!, hash: hash as unknown as FlashHash }
  }

  async function hash(start: Addr, length: number): Promise<FlashHash> {
    const answer = await answerTo(
      await submit({ op: LOADER_OP.hash, address: start, bytes: length }),
      `hash flash at ${hexAddr(start)}`,
    )
    return answer.hash
  }

  async function program(start: Addr, data: Uint8Array, setup: ProgramSetup, onBytes: (count: number) => void) {
    const { control, program: program_bits, idle: idle_bits, status, unitBytes: unit_bytes } = setup
    const fixed = {
      ...{ control, program_bits, idle_bits, unit_bytes, polls: UNIT_POLLS, pause },
      ...{ status: status.address, busy: status.busy, errors: errorBits(status) },
    }
    const finish = async (job: { number: number; at: Addr; bytes: number }) => {
      const { result, stoppedAt, flags } = await answerTo(job.number, `write flash at ${hexAddr(job.at)}`)
      const what = `Writing at ${hexAddr(stoppedAt)}`
      if (result === LOADER_RESULT.refused) throw controllerError(status, flags, what)
      if (result === LOADER_RESULT.busy) throw controllerBusy(status, flags, what)
      onBytes(job.bytes)
    }
    let running: Parameters<typeof finish>[0] | undefined
    for (let at = 0; at < data.length; at += LOADER_BUFFER_BYTES) {
      const chunk = data.subarray(at, at + LOADER_BUFFER_BYTES)
      const address = addr(start + at)
      const source = loaderPlace.buffer(placeOf(jobs + 1))
      await probe.write(source, chunk)
      const number = await submit({ ...fixed, op: LOADER_OP.program, address, bytes: chunk.length, source })
      if (running !== undefined) await finish(running)
      running = { number, at: address, bytes: chunk.length }
    }
    if (running !== undefined) await finish(running)
  }

  const settings: Settings = {
    watchdog,
    idle_polls: Math.floor((IDLE_S * hsi) / IDLE_POLL_CYCLES),
  }
  await probe.write(LOADER_START, code)
  const mailbox = new Uint8Array(MAILBOX_BYTES)
  mailbox.set(words(LOADER_SETTINGS.map(({ name }) => settings[name])))
  await probe.write(loaderPlace.mailbox, mailbox)
  await core.writeRegister('r0', loaderPlace.mailbox)
  await core.writeRegister('sp', loaderPlace.stackTop)
  await core.writeRegister('xpsr', THUMB)
  await core.writeRegister('pc', LOADER_START)
  await core.state() // forgets our own reset
  await core.resume()
  await waitFor(loaderPlace.ready, LOADER_READY, 'start', READY_MS)
  if (!sameHash(await hash(LOADER_START, code.length), flashHash(code))) {
    throw new AppError('FLASH_LOADER_FAILED', "The loader's code is not in RAM as it was written there.")
  }

  return {
    hash,
    async program(start, data, setup, onBytes) {
      try {
        await program(start, data, setup, onBytes)
      } catch (error) {
        // The job after the one that failed must not write on; the error is about more than that.
        await core.halt().catch(() => undefined)
        throw error
      }
    },
    async paused(work) {
      await core.halt()
      const result = await work()
      await core.resume()
      return result
    },
  }
}

const placeOf = (number: number) => (number - 1) % LOADER_JOBS

const wordsOf = (bytes: Uint8Array): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return Array.from({ length: bytes.length / 4 }, (_, index) => view.getUint32(4 * index, true))
}
