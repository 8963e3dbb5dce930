// `thimble board unprotect|backup|restore` on a board whose probe is on a cable.

import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createRng } from '../../src-main/base/rng.ts'
import { ownSigner } from '../../src-main/jobs/signing-keys.ts'
import { keyFolder } from '../../src-main/jobs/store-path.ts'
import { packModel } from '../../src-main/pack/writer.ts'
import { planModel } from '../../src-main/plan/plan.ts'
import { thimble, thimbleError, thimbleJson } from '../cli/command-line.ts'
import { randomNetwork } from '../firmware/random-networks.ts'
import { LEVEL_1, LEVEL_2, optionBytes, sleeps, takesPins } from './fault-table.ts'
import { FaultyBoard, isA, PROBE_ID } from './faulty-board.ts'
import { firmwareSays, flashWith, modelsFor } from './flash-session.ts'

const usb = vi.hoisted(() => ({ list: (): Promise<unknown[]> => Promise.resolve([]) }))
vi.mock('usb', () => ({ usb: { getDevices: () => usb.list() } }))

let folder: string
let file: string
let board: FaultyBoard
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'thimble-care-'))
  file = join(folder, 'kept.bin')
  board = new FaultyBoard('stm32f407')
  board.powerCycle(flashWith(board.data, modelsFor(board.data)[1]))
  usb.list = board.list
})
afterEach(() => {
  board.close()
  rmSync(folder, { recursive: true, force: true })
})

const json = (...argv: string[]) => thimbleJson(['board', ...argv], folder)
const error = (...argv: string[]) => thimbleError(['board', ...argv], folder)
const level = () => board.machine.readProtection

describe('unprotect', () => {
  it('without --yes says that everything is erased, and leaves the board alone', async () => {
    optionBytes(LEVEL_1)(board)
    const before = board.flash()
    const refused = await error('unprotect', PROBE_ID)
    expect(refused).toMatchObject({ code: 'CONSENT_MISSING' })
    expect(refused.message).toMatch(/erases all of the flash/)
    expect(refused.hint).toMatch(/--yes/)
    expect([board.commands, level()]).toEqual([0, 1])
    expect(Buffer.compare(board.flash(), before)).toBe(0)
  })

  it('with --yes opens a chip of level 1 and reads all of its flash as erased', async () => {
    optionBytes(LEVEL_1)(board)
    expect(await json('unprotect', PROBE_ID, '--yes')).toEqual({
      ...{ board: PROBE_ID, provenance: 'hardware', level: 1, erasedBytes: board.data.flash.size },
    })
    expect(level()).toBe(0)
    expect(board.flash().every((byte) => byte === 0xff)).toBe(true)
  }, 60_000)

  it('leaves an open chip as it is', async () => {
    const before = board.flash()
    expect(await json('unprotect', PROBE_ID, '--yes')).toMatchObject({ level: 0, erasedBytes: 0 })
    expect(Buffer.compare(board.flash(), before)).toBe(0)
  })

  it('cannot reach a chip of level 2, and the hint names that', async () => {
    optionBytes(LEVEL_2)(board)
    const refused = await error('unprotect', PROBE_ID, '--yes')
    expect(refused).toMatchObject({ code: 'TARGET_UNREACHABLE' })
    expect(refused.hint).toMatch(/level 2/)
    expect(level()).toBe(2)
  })
})

describe('backup and restore', () => {
  it('bring back what the flash held, and it runs', async () => {
    const before = board.flash()
    expect(await json('backup', PROBE_ID, '--out', file)).toMatchObject({ file, bytes: before.length })
    expect(Buffer.compare(readFileSync(file), before)).toBe(0)
    board.powerCycle(new Uint8Array(before.length).fill(0x5a))
    const report = await json('restore', PROBE_ID, file, '--yes', '--trust')
    expect(report).toMatchObject({ file, bytes: before.length, verifiedBytes: before.length })
    expect(Buffer.compare(board.flash(), before)).toBe(0)
    expect(await firmwareSays(board)).toBe('whole')
    expect(await json('restore', PROBE_ID, file, '--yes', '--trust')).toMatchObject({
      writtenBytes: 0,
      erasedSectors: [],
    })
  }, 60_000)

  it('keep what the backup came from beside it, and the backup itself raw', async () => {
    const report = await json('backup', PROBE_ID, '--out', file)
    const record = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Record<string, unknown>
    const digest = createHash('sha256').update(board.flash()).digest('hex')
    expect(report).toMatchObject({ record: `${file}.json`, sha256: digest })
    expect(record).toMatchObject({
      ...{ format: 1, board: PROBE_ID, board_name: board.data.board, chip_id: 0x413 },
      ...{ bytes: board.data.flash.size, sha256: digest },
    })
    expect(record.unique_id).toMatch(/^[0-9a-f]{24}$/)
    expect(Math.abs(Date.parse(String(record.read_at)) - Date.now())).toBeLessThan(60_000)
    expect(await json('restore', PROBE_ID, file, '--yes', '--trust')).toMatchObject({ record })
  })

  describe.each<[string, (record: Record<string, unknown>) => unknown, RegExp]>([
    ['of another chip', (record) => ({ ...record, chip_id: 0x450 }), /chip 0x450; .* has 0x413/],
    ['of other bytes', (record) => ({ ...record, sha256: 'f'.repeat(64) }), /changed or damaged since/],
    ['that is none', () => ({ hello: 'there' }), /is no record of a backup/],
  ])('with a record beside it %s', (_, change, message) => {
    it('is refused before anything is erased', async () => {
      await json('backup', PROBE_ID, '--out', file)
      const record = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Record<string, unknown>
      writeFileSync(`${file}.json`, JSON.stringify(change(record)))
      board.powerCycle(new Uint8Array(board.data.flash.size).fill(0x5a))
      const refused = await error('restore', PROBE_ID, file, '--yes', '--trust')
      expect(refused).toMatchObject({ code: 'BACKUP_WRONG', message: expect.stringMatching(message) as string })
      expect(board.flash().every((byte) => byte === 0x5a)).toBe(true)
    })
  })

  it('of a packed model that no known key has signed is the user’s word to give, and of a known one is not', async () => {
    const graph = randomNetwork(createRng(7)).graph
    const plan = planModel(graph, board.data)
    await json('backup', PROBE_ID, '--out', file)
    const before = board.flash()
    const refused = await error('restore', PROBE_ID, file, '--yes')
    expect(refused).toMatchObject({ code: 'BLOB_UNTRUSTED', message: 'Nobody has signed the packed model.' })
    expect(refused.hint).toMatch(/--trust/)
    expect(Buffer.compare(board.flash(), before)).toBe(0)

    board.powerCycle(flashWith(board.data, packModel(plan, ownSigner(keyFolder(folder))).blob))
    await json('backup', PROBE_ID, '--out', join(folder, 'signed.bin'))
    expect(await json('restore', PROBE_ID, join(folder, 'signed.bin'), '--yes')).toMatchObject({
      file: join(folder, 'signed.bin'),
    })
  }, 60_000)

  it('without a record, or from another chip of the same kind, restore and say so', async () => {
    await json('backup', PROBE_ID, '--out', file)
    const said = async () => (await thimble(['board', 'restore', PROBE_ID, file, '--yes', '--trust'], folder)).stderr
    expect(await said()).not.toMatch(/another chip|nothing says/)
    const record = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as Record<string, unknown>
    writeFileSync(`${file}.json`, JSON.stringify({ ...record, unique_id: '0'.repeat(24) }))
    expect(await said()).toMatch(/another chip of the same kind/)
    rmSync(`${file}.json`)
    expect(await said()).toMatch(/nothing says which board/)
  }, 60_000)

  it('a backup over an older one leaves no record of that', async () => {
    writeFileSync(`${file}.json`, '{}')
    await json('backup', PROBE_ID, '--out', file)
    expect(JSON.parse(readFileSync(`${file}.json`, 'utf8'))).toMatchObject({ board: PROBE_ID })
  })

  it('a backup of a protected chip is refused and leaves no file', async () => {
    optionBytes(LEVEL_1)(board)
    expect(await error('backup', PROBE_ID, '--out', file)).toMatchObject({ code: 'BOARD_PROTECTED' })
    expect(existsSync(file)).toBe(false)
  })

  it.each([
    ['of another size', (flash: Uint8Array) => flash.subarray(1)],
    [
      'with firmware for another chip',
      (flash: Uint8Array) => {
        new DataView(flash.buffer).setUint32(0x20c, 0x449, true)
        return flash
      },
    ],
  ])('a file %s is refused before anything is erased', async (_, change) => {
    const before = board.flash()
    writeFileSync(file, change(board.flash()))
    expect(await error('restore', PROBE_ID, file, '--yes', '--trust')).toMatchObject({ code: 'BACKUP_WRONG' })
    expect(Buffer.compare(board.flash(), before)).toBe(0)
  })

  it('restoring without --yes does nothing', async () => {
    writeFileSync(file, board.flash())
    expect(await error('restore', PROBE_ID, file)).toMatchObject({ code: 'CONSENT_MISSING' })
    expect(board.commands).toBe(0)
  })

  it.each([
    [['backup', PROBE_ID], 'USAGE'],
    [['restore', PROBE_ID, '--yes'], 'USAGE'],
    [['unprotect', PROBE_ID, 'file', '--yes'], 'USAGE'],
    [['restore', PROBE_ID, '/nowhere/at/all.bin', '--yes'], 'FILE_NOT_FOUND'],
    [['unprotect', 'stlink:OTHER', '--yes'], 'BOARD_UNKNOWN'],
    [['unprotect', 'stlink:', '--yes'], 'BOARD_UNKNOWN'],
  ])('%j is refused', async (argv, code) => {
    expect(await error(...argv)).toMatchObject({ code })
  })
})

describe.each([
  ['sleeps with its clocks stopped', sleeps],
  ['uses the pins of SWD for itself', takesPins],
])('a program that %s', (_, arrange) => {
  it('is read with --under-reset, where nRST is low before the target is asked for', async () => {
    arrange(board)
    const before = board.flash()
    const order: string[] = []
    board.fault = ({ command }) => {
      if (isA('driveReset', command)) order.push('reset')
      if (isA('idCodes', command)) order.push('ask')
      return undefined
    }
    await json('backup', PROBE_ID, '--out', file, '--under-reset')
    expect(order[0]).toBe('reset')
    expect(Buffer.compare(readFileSync(file), before)).toBe(0)
  })
})
