// The loader in RAM on each virtual board: what it hashes and programs, what it says of a controller that refuses, and what
// becomes of a flashing when it does not start, hangs, faults or is reset in the middle.

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { systemClock, type Clock } from '../../src-main/base/clock.ts'
import { createRng } from '../../src-main/base/rng.ts'
import { addr, type Addr } from '../../src-main/base/units.ts'
import { createCore } from '../../src-main/device/cortex-m.ts'
import { debugPortOf } from '../../src-main/device/debug-port.ts'
import { createFlashDriver } from '../../src-main/device/flash-drivers.ts'
import { flashHash } from '../../src-main/device/flash-hash.ts'
import { writeRegion } from '../../src-main/device/flash-region.ts'
import { createStepTimes } from '../../src-main/device/flash-steps.ts'
import {
  LOADER_BUFFER_BYTES,
  LOADER_JOBS,
  LOADER_MAILBOX,
  LOADER_OP,
  LOADER_REQUEST,
  LOADER_START,
  loaderPlace,
} from '../../src-main/device/loader-layout.ts'
import type { Probe } from '../../src-main/device/probe.ts'
import { LOADER_CHIPS, startLoader } from '../../src-main/device/ram-loader.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import type { VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { FaultyBoard } from '../faults/faulty-board.ts'
import { flashAndRun } from '../faults/flash-session.ts'
import { BOARD_IDS, changed, virtualBoard } from './virtual-session.ts'

const loader = new Uint8Array(readFileSync('assets/firmware/loader.bin'))

/** FLASH_CR of an F4 and an F7, and of an H7, as the drivers never set it */
const PG_PSIZE_HALFWORD = 0x101
const PSIZE_64 = 0x30

type Request = Record<(typeof LOADER_REQUEST)[number]['name'], number>
type Change = Partial<Request> | 'swallow'

const requests: readonly Addr[] = Array.from({ length: LOADER_JOBS }, (_, job) => loaderPlace.request(job))

/** A probe on which whatever the loader is told to program is changed, or never told. */
const withRequests = (change: (request: Request) => Change, after = (): Promise<void> => Promise.resolve()) => {
  return (probe: Probe): Partial<Probe> => ({
    write: async (address, data) => {
      if (!requests.includes(address)) return probe.write(address, data)
      const words = new Uint32Array(data.slice().buffer)
      const request = Object.fromEntries(LOADER_REQUEST.map(({ name }, at) => [name, words[at]])) as Request
      if (request.op !== LOADER_OP.program) return probe.write(address, data)
      const wanted = change(request)
      if (wanted === 'swallow') return
      const other = Uint32Array.from(LOADER_REQUEST, ({ name }) => wanted[name] ?? request[name])
      await probe.write(address, new Uint8Array(other.buffer))
      await after()
    },
  })
}

/** Nobody wants to wait for a limit: time that leaps at every look once it was told to. */
class LeapingClock implements Clock {
  leap = false
  #leapt = 0
  readonly now = systemClock.now
  readonly monotonicMs = () => systemClock.monotonicMs() + (this.leap ? (this.#leapt += 1000) : 0)
}

describe.each(BOARD_IDS)('the loader on %s', (id) => {
  const { boardData, firmwareImage, blobOf, openBoard } = virtualBoard(id)
  const { flash, modelRegion } = boardData
  const networks = [21, 22].map((seed) => randomNetwork(createRng(seed)).graph)
  const [blob, otherBlob] = networks.map(blobOf) as [Uint8Array, Uint8Array]

  let board: VirtualBoard
  beforeEach(async () => {
    board = await openBoard()
  })
  afterEach(() => board.close())

  const start = async (probe: Probe = board.probe, clock: Clock = systemClock) => {
    const core = createCore(probe)
    await core.resetAndHalt()
    return { core, loader: await startLoader(loader, flash.driver, { probe, core, clock }) }
  }

  test('writes exactly the wanted bytes, then only what changed, and reads next to nothing back', async () => {
    let readBack = 0
    const counted = changed(board, {
      probe: (probe) => ({
        read: (address, length) => {
          if (address >= flash.start && address < flash.start + flash.size) readBack += length
          return probe.read(address, length)
        },
      }),
    })
    const session = await connectBoard(counted)
    const first = await session.flash(firmwareImage, blob, { loader })
    expect(first.programmedBy).toBe('loader')
    expect(await board.probe.read(modelRegion.start, blob.length)).toEqual(blob)
    expect(await board.probe.read(boardData.firmwareRegion.start, firmwareImage.length)).toEqual(firmwareImage)

    readBack = 0
    const again = await session.flash(firmwareImage, blob, { loader })
    expect([again.firmware.writtenBytes, again.model.writtenBytes]).toEqual([0, 0])
    expect(again.model.verifiedBytes).toBeGreaterThanOrEqual(blob.length)
    const other = await session.flash(firmwareImage, otherBlob, { loader })
    expect(other.firmware.erasedSectors).toEqual([])
    expect(other.model.erasedSectors).toEqual(first.model.erasedSectors)
    expect(readBack).toBeLessThan(500) // headers
    expect(await board.probe.read(modelRegion.start, otherBlob.length)).toEqual(otherBlob)
    expect((await session.firmware().openModel()).ops).toBe(networks[1]!.ops.length)
  })

  test('hashes flash and RAM as the host does, whatever the length', async () => {
    await board.probe.write(loaderPlace.buffer(0), blob.subarray(0, 128))
    const { loader: running } = await start()
    for (const length of [0, 4, 8, 12, 16, 20, 128]) {
      expect(await running.hash(loaderPlace.buffer(0), length)).toEqual(flashHash(blob.subarray(0, length)))
    }
    const last = flash.sectors.at(-1)!
    expect(await running.hash(last.start, last.size)).toEqual(flashHash(new Uint8Array(last.size).fill(0xff)))
  })

  test('programs more than both buffers hold into the last sector, which is in the second bank of an H7', async () => {
    const { start: from, size, index } = flash.sectors.at(-1)!
    const rng = createRng(4)
    const bytes = Uint8Array.from({ length: 2 * LOADER_BUFFER_BYTES + 3000 }, () => rng.int(256))
    const { loader: running } = await start()
    const seen: number[] = []
    const report = await writeRegion(
      { region: { name: 'last', start: from, size }, bytes, headBytes: 32 },
      {
        ...{ probe: board.probe, loader: running, sectors: flash.sectors, signal: undefined },
        flash: createFlashDriver(flash.driver, board.probe, systemClock),
        steps: createStepTimes(systemClock),
        onProgress: ({ step, done }) => step === 'write' && seen.push(done),
      },
    )
    expect(report.erasedSectors).toEqual([index])
    expect(seen.length).toBe(4) // three buffers and the head
    expect(await board.probe.read(from, bytes.length)).toEqual(bytes)
    expect(await board.probe.read(addr(from + report.writtenBytes), 64)).toEqual(new Uint8Array(64).fill(0xff))
  })

  test.each([
    ['stops at once', (code: Uint8Array) => code.fill(0xbe, 0, 2)],
    ['is not what was written', (code: Uint8Array) => code.fill(0, code.length - 4)],
    ['does nothing', (code: Uint8Array) => code.set([0xfe, 0xe7])],
  ])(
    'code in RAM that %s is done without: the probe writes',
    async (_, damage) => {
      const damaged = changed(board, {
        probe: (probe) => ({
          write: (address, data) => {
            if (address !== LOADER_START) return probe.write(address, data)
            const code = data.slice()
            damage(code)
            return probe.write(address, code)
          },
        }),
      })
      const session = await connectBoard(damaged)
      const report = await session.flash(firmwareImage, blob, { loader })
      expect(report.programmedBy).toBe('probe')
      expect(await board.probe.read(modelRegion.start, blob.length)).toEqual(blob)
      expect((await session.firmware().openModel()).ops).toBeGreaterThan(0)
    },
    60_000,
  )

  const isH7 = id === 'stm32h743'
  test.each<[string, RegExp, (request: Request) => Change, ((board: VirtualBoard) => Promise<void>)?]>([
    ['never hears of its job', /it does not end/, () => 'swallow'],
    ['runs into a fault', /ran into a fault/, () => ({ source: 0x90000000 })],
    ['is reset in the middle', /chip was reset/, () => ({}), ({ probe }) => probe.pulseReset()],
  ])(
    'a loader that %s: its own error, nothing called written, and the next attempt is good',
    async (_, message, change, after) => {
      const clock = new LeapingClock()
      const told = (request: Request) => {
        clock.leap = true
        return change(request)
      }
      const broken = withRequests(told, () => after?.(board) ?? Promise.resolve())
      const session = await connectBoard(changed(board, { probe: broken }), clock)
      await expect(session.flash(firmwareImage, blob, { loader })).rejects.toMatchObject({
        code: 'FLASH_LOADER_FAILED',
        message: expect.stringMatching(message) as string,
      })
      const mended = await connectBoard(board)
      expect((await mended.flash(firmwareImage, blob, { loader })).programmedBy).toBe('loader')
      expect((await mended.firmware().openModel()).ops).toBeGreaterThan(0)
    },
    60_000,
  )

  test.each<[string, Partial<Request>]>([
    // The H7's controller takes any width; the others' fault what is written without PG.
    isH7 ? ['PGSERR', { program_bits: PSIZE_64 }] : ['PGPERR', { program_bits: PG_PSIZE_HALFWORD }],
    ['stays busy', { busy: 0xffffffff, status: LOADER_START, errors: 0, polls: 1000 }],
  ])('what the controller says reaches the host: %s', async (said, change) => {
    const session = await connectBoard(changed(board, { probe: withRequests(() => change) }))
    await expect(session.flash(firmwareImage, blob, { loader })).rejects.toMatchObject({
      code: 'FLASH_FAILED',
      message: expect.stringContaining(said) as string,
    })
    const mended = await connectBoard(board)
    await mended.flash(firmwareImage, blob, { loader })
    expect((await mended.firmware().openModel()).ops).toBeGreaterThan(0)
  })

  test('keeps a watchdog quiet: reloaded while it runs, stopped while the core is halted', async () => {
    const { watchdog } = LOADER_CHIPS[flash.driver]
    const freezes = debugPortOf(boardData.idCode)!.watchdogFreeze
    const cable = new FaultyBoard(id)
    try {
      const keys: number[] = []
      cable.machine.bus.attach(watchdog, 1024, { read: () => 0, write: (_, value) => keys.push(value) })
      await flashAndRun(cable, firmwareImage, blob)
      expect(new Set(keys)).toEqual(new Set([0xaaaa]))
      expect(keys.length).toBeGreaterThan(blob.length / 32)
    } finally {
      cable.close()
    }
    const words: [Addr, number][] = []
    const watched = changed(board, {
      probe: (probe) => ({
        writeWord: (address, value) => {
          words.push([address, value])
          return probe.writeWord(address, value)
        },
      }),
    })
    await (await connectBoard(watched)).flash(firmwareImage, blob, { loader })
    for (const { address, bits } of freezes) {
      const written = words.filter(([to]) => to === address).map(([, value]) => value & bits)
      expect(written).toEqual([bits, 0]) // stopped, and at the end as it was found
    }
  })

  test('left alone, it starts the chip anew', async () => {
    const impatient = changed(board, {
      probe: (probe) => ({
        write: (address, data) => {
          if (address !== addr(LOADER_START + LOADER_MAILBOX)) return probe.write(address, data)
          const settings = data.slice()
          new DataView(settings.buffer).setUint32(4, 400_000, true)
          return probe.write(address, settings)
        },
      }),
    })
    const { core } = await start(impatient.probe)
    await expect.poll(async () => (await core.state()).wasReset, { timeout: 20_000 }).toBe(true)
  })
})

test('the loader that ships is the one that its description tells of, and it fits its place', () => {
  const facts = JSON.parse(readFileSync('assets/firmware/loader.json', 'utf8')) as { bytes: number; sections: object }
  expect(facts.bytes).toBe(loader.length)
  expect(loader.length).toBeLessThanOrEqual(LOADER_MAILBOX)
  expect(facts.sections).toMatchObject({ data: 0, bss: 0 })
})
