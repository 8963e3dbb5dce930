import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { AppError } from '../../src-main/base/errors.ts'
import { addr, type Addr } from '../../src-main/base/units.ts'
import type { Board } from '../../src-main/device/board.ts'
import type { FlashProgress } from '../../src-main/device/flash-region.ts'
import type { FlashStep } from '../../src-main/device/flash-steps.ts'
import { connectBoard } from '../../src-main/device/session.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { BOARD_IDS, changed, virtualBoard } from './virtual-session.ts'

/** Registers and option words of the flash controllers, and the first sector of the model's region. */
const CONTROLLERS: Record<string, Controller> = {
  stm32f407: {
    status: { address: addr(0x40023c0c), flag: 1 << 6, name: 'PGPERR' },
    options: { address: addr(0x40023c14), level1: 0x0fff55ed, level2: 0x0fffcced },
    protection: { address: addr(0x40023c14), word: 0x0fdfaaed }, // nWRP of sector 5
    modelSector: 5,
  },
  stm32f746: {
    status: { address: addr(0x40023c0c), flag: 1 << 7, name: 'ERSERR' },
    options: { address: addr(0x40023c14), level1: 0xc0ff55fd, level2: 0xc0ffccfd },
    protection: { address: addr(0x40023c14), word: 0xc0efaafd }, // nWRP of sector 4
    modelSector: 4,
  },
  stm32h743: {
    status: { address: addr(0x52002010), flag: 1 << 21, name: 'INCERR' },
    options: { address: addr(0x5200201c), level1: 0x1c6a55f0, level2: 0x1c6accf0 },
    protection: { address: addr(0x52002038), word: 0xfd }, // WRPS of sector 1
    modelSector: 1,
  },
}

interface Controller {
  status: { address: Addr; flag: number; name: string }
  options: { address: Addr; level1: number; level2: number }
  protection: { address: Addr; word: number }
  modelSector: number
}

describe.each(BOARD_IDS)('flashing the virtual board %s through its flash controller', (id) => {
  const { boardData, firmwareImage, blobOf, openBoard } = virtualBoard(id)
  const { status, options, protection, modelSector } = CONTROLLERS[id]!
  const blob = blobOf(randomNetwork(createRng(21)).graph)
  const otherBlob = blobOf(randomNetwork(createRng(22)).graph)
  const modelStart = boardData.modelRegion.start

  let board: Board
  beforeEach(async () => {
    board = await openBoard()
  })
  afterEach(() => board.close())

  test('reports each step by itself and leaves exactly the wanted bytes', async () => {
    const session = await connectBoard(board)
    const seen: FlashProgress[] = []
    const report = await session.flash(firmwareImage, blob, { onProgress: (progress) => seen.push(progress) })
    const steps = (region: string) => [...new Set(seen.filter((one) => one.region === region).map((one) => one.step))]
    expect(steps('model')).toEqual<FlashStep[]>(['erase', 'write', 'verify'])
    expect(steps('firmware')).toEqual<FlashStep[]>(['erase', 'write', 'verify', 'reset'])
    for (const step of ['erase', 'write', 'verify'] as const) {
      const last = seen.filter((one) => one.region === 'model' && one.step === step).at(-1)!
      expect(last.done).toBe(last.total)
    }
    expect(report.model.erasedSectors).toEqual([modelSector])
    expect(await board.probe.read(modelStart, blob.length)).toEqual(blob)
    expect(await board.probe.read(boardData.firmwareRegion.start, firmwareImage.length)).toEqual(firmwareImage)
  })

  test('a second time writes nothing, another model leaves the firmware alone', async () => {
    const session = await connectBoard(board)
    await session.flash(firmwareImage, blob)
    const again = await session.flash(firmwareImage, blob)
    expect([again.firmware.writtenBytes, again.model.writtenBytes]).toEqual([0, 0])
    const other = await session.flash(firmwareImage, otherBlob)
    expect(other.firmware.erasedSectors).toEqual([])
    expect(other.model.erasedSectors).toEqual([modelSector])
    expect((await session.firmware().openModel()).ops).toBe(randomNetwork(createRng(22)).graph.ops.length)
  })

  test('cancelled between sectors: the board runs and refuses the half-written model', async () => {
    const session = await connectBoard(board)
    await session.flash(firmwareImage, blob)
    const cancel = new AbortController()
    const flashing = session.flash(firmwareImage, otherBlob, {
      signal: cancel.signal,
      onProgress: ({ step }) => step === 'write' && cancel.abort(),
    })
    await expect(flashing).rejects.toMatchObject({ code: 'CANCELLED' })
    await session.start()
    await expect(session.firmware().openModel()).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      context: { reason: 'BAD_MAGIC' },
    })
  })

  test.each([40, 80, 120])(
    'unplugged after %i accesses: BOARD_GONE, and plugged in again it can be flashed',
    async (limit) => {
      let accesses = 0
      const unplug = <Args extends unknown[], R>(work: (...args: Args) => Promise<R>) => {
        return (...args: Args): Promise<R> => {
          if (++accesses > limit) return Promise.reject(new AppError('BOARD_GONE', 'The probe was unplugged.'))
          return work(...args)
        }
      }
      const broken = changed(board, {
        probe: (probe) => ({
          read: unplug(probe.read.bind(probe)),
          write: unplug(probe.write.bind(probe)),
          readWord: unplug(probe.readWord.bind(probe)),
          writeWord: unplug(probe.writeWord.bind(probe)),
        }),
      })
      const session = await connectBoard(broken)
      await expect(session.flash(firmwareImage, blob)).rejects.toMatchObject({ code: 'BOARD_GONE' })

      const mended = await connectBoard(board)
      await mended.flash(firmwareImage, blob)
      expect((await mended.firmware().openModel()).ops).toBeGreaterThan(0)
    },
  )

  test('a corrupted model is refused by the firmware, by name', async () => {
    const session = await connectBoard(board)
    const hurt = blob.slice()
    hurt[hurt.length - 5]! ^= 0x10
    await session.flash(firmwareImage, hurt)
    await expect(session.firmware().openModel()).rejects.toMatchObject({
      code: 'MODEL_REJECTED',
      message: expect.stringContaining('BAD_CRC') as string,
    })
  })

  test('another chip than the one chosen is left alone', async () => {
    const other = changed(board, { data: { ...boardData, idCode: 0x999 } })
    await expect(connectBoard(other)).rejects.toMatchObject({
      code: 'BOARD_WRONG_CHIP',
      message: expect.stringContaining(`0x${boardData.idCode.toString(16)}`) as string,
    })
  })

  test('an image for another chip is refused before anything is erased', async () => {
    const session = await connectBoard(board)
    await session.flash(firmwareImage, blob)
    const wrong = firmwareImage.slice()
    new DataView(wrong.buffer).setUint32(0x20c, 0x999, true)
    await expect(session.flash(wrong, blob)).rejects.toMatchObject({ code: 'BOARD_WRONG_CHIP' })
    expect((await session.firmware().openModel()).ops).toBeGreaterThan(0)
  })

  const withWord = (at: Addr, word: number) =>
    changed(board, {
      probe: (probe) => ({
        readWord: async (address) => (address === at ? word : probe.readWord(address)),
      }),
    })

  test.each([
    [options.level1, 'BOARD_PROTECTED', 'level 1'],
    [options.level2, 'BOARD_LOCKED_FOR_GOOD', 'level 2'],
  ])('read-out protection %s is noticed at once', async (word, code, level) => {
    await expect(connectBoard(withWord(options.address, word))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(level) as string,
    })
  })

  test('a write-protected sector is named before anything is erased', async () => {
    const session = await connectBoard(withWord(protection.address, protection.word))
    await expect(session.flash(firmwareImage, blob)).rejects.toMatchObject({
      code: 'BOARD_PROTECTED',
      context: { sectors: [modelSector] },
    })
  })

  test("the flash controller's own error flags are reported by name", async () => {
    const failing = changed(board, {
      probe: (probe) => ({
        readWord: async (address) =>
          ((await probe.readWord(address)) | (address === status.address ? status.flag : 0)) >>> 0,
      }),
    })
    const session = await connectBoard(failing)
    await expect(session.flash(firmwareImage, blob)).rejects.toMatchObject({
      code: 'FLASH_FAILED',
      context: { errors: [status.name] },
    })
  })

  test('bytes that read back wrong are never called written', async () => {
    let writes = 0
    const worn = changed(board, {
      probe: (probe) => ({
        write: async (address, data) => {
          const hurt =
            address >= modelStart && writes++ === 0 ? data.map((byte, n) => (n === 8 ? byte & 0xfe : byte)) : data
          await probe.write(address, hurt)
        },
      }),
    })
    const session = await connectBoard(worn)
    const fives = new Uint8Array(4096).fill(5)
    await expect(session.flash(firmwareImage, fives)).rejects.toMatchObject({ code: 'FLASH_VERIFY_FAILED' })
    expect(await board.probe.readWord(modelStart)).toBe(0xffffffff) // the head was never written
  })

  test('a model that fills its region reaches the last sector', async () => {
    const session = await connectBoard(board)
    const rng = createRng(5)
    const full = Uint8Array.from({ length: boardData.modelRegion.size }, () => rng.int(256))
    const report = await session.flash(firmwareImage, full)
    expect(report.model.erasedSectors.at(-1)).toBe(boardData.flash.sectors.at(-1)!.index)
    const end = boardData.flash.start + boardData.flash.size
    expect(await board.probe.read(addr(end - 64), 64)).toEqual(full.subarray(-64))
  })

  test('a model that is larger than its region is refused', async () => {
    const session = await connectBoard(board)
    const huge = new Uint8Array(boardData.modelRegion.size + 4)
    await expect(session.flash(firmwareImage, huge)).rejects.toMatchObject({ code: 'MODEL_TOO_LARGE' })
  })
})
