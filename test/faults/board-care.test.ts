// `thimble board unprotect|backup|restore` on a board whose probe is on a cable.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { thimbleError, thimbleJson } from '../cli/command-line.ts'
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
    const report = await json('restore', PROBE_ID, file, '--yes')
    expect(report).toMatchObject({ file, bytes: before.length, verifiedBytes: before.length })
    expect(Buffer.compare(board.flash(), before)).toBe(0)
    expect(await firmwareSays(board)).toBe('whole')
    expect(await json('restore', PROBE_ID, file, '--yes')).toMatchObject({ writtenBytes: 0, erasedSectors: [] })
  }, 60_000)

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
    expect(await error('restore', PROBE_ID, file, '--yes')).toMatchObject({ code: 'BACKUP_WRONG' })
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
