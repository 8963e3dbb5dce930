// The flash drivers against their controllers, with what can go wrong inside of the chip.

import { beforeEach, describe, expect, test } from 'vitest'
import { systemClock } from '../../src-main/base/clock.ts'
import { AppError } from '../../src-main/base/errors.ts'
import { addr, type Addr } from '../../src-main/base/units.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { createFlashDriver } from '../../src-main/device/flash-drivers.ts'
import type { FlashDriver } from '../../src-main/device/flash-driver.ts'
import { createStepTimes } from '../../src-main/device/flash-steps.ts'
import { writeRegion } from '../../src-main/device/flash-region.ts'
import type { Probe } from '../../src-main/device/probe.ts'
import { Machine } from '../../src-main/emulator/machine.ts'
import { peek, poke } from '../emulator/harness.ts'
import { BOARD_IDS } from './virtual-session.ts'

/** A probe at a machine whose core stands still: each access takes a millisecond of its time. */
function probeOf(machine: Machine): Probe {
  const access = <T>(work: () => T): Promise<T> => {
    const result = work()
    machine.scheduler.pass(Math.ceil(machine.rcc.coreHz / 1000))
    return Promise.resolve(result)
  }
  return {
    info: { name: 'test', serial: '', firmware: '' },
    readWord: (address) => access(() => peek(machine, address)),
    writeWord: (address, value) => access(() => poke(machine, address, value)),
    read: (address, length) =>
      access(() => Uint8Array.from({ length }, (_, index) => peek(machine, address + index, 1))),
    write: (address, data) =>
      access(() => {
        const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
        for (let at = 0; at < data.length; at += 4) poke(machine, address + at, view.getUint32(at, true))
      }),
    pulseReset: () => access(() => machine.reset()),
    close: () => Promise.resolve(),
  }
}

/** Each controller's key register, and where its lock shows (the H7's second bank). */
const LOCKS: Record<string, { keys: Addr; control: Addr; flag: number }> = {
  stm32f407: { keys: addr(0x40023c04), control: addr(0x40023c10), flag: 0x80000000 },
  stm32f746: { keys: addr(0x40023c04), control: addr(0x40023c10), flag: 0x80000000 },
  stm32h743: { keys: addr(0x52002104), control: addr(0x5200210c), flag: 1 },
}

describe.each(BOARD_IDS)('the flash driver of %s', (id) => {
  const data = findBoardData(id)!
  const { sectors } = data.flash
  const last = sectors.at(-1)!
  let machine: Machine
  let probe: Probe
  let flash: FlashDriver
  beforeEach(() => {
    machine = new Machine(data)
    probe = probeOf(machine)
    flash = createFlashDriver(data.flash.driver, probe, systemClock)
  })

  const bytes = Uint8Array.from({ length: 3000 }, (_, index) => index * 7)
  const write = () =>
    writeRegion(
      { region: { ...data.modelRegion, start: last.start, size: last.size }, bytes, headBytes: 32 },
      { probe, flash, sectors, signal: undefined, steps: createStepTimes(systemClock), onProgress: () => undefined },
    )

  test('erases and writes the last sector, and locks the controller again', async () => {
    machine.preload(last.start, new Uint8Array(5000))
    const report = await write()
    expect(report.erasedSectors).toEqual([last.index])
    expect(await probe.read(last.start, bytes.length)).toEqual(bytes)
    expect(peek(machine, last.start + 4999, 1)).toBe(0xff)
    const { control, flag } = LOCKS[id]!
    expect((peek(machine, control) & flag) >>> 0).toBe(flag)
  })

  test('says of cells that no longer change that they were not written', async () => {
    machine.preload(last.start, new Uint8Array(64))
    machine.wornSectors.add(last.index)
    // The H7's controller notices by itself; of the others' the host finds out by reading back.
    const code = id === 'stm32h743' ? 'FLASH_FAILED' : 'FLASH_VERIFY_FAILED'
    await expect(write()).rejects.toMatchObject({ code })
  })

  test('gives up on a controller that was locked for good, and can use it after a reset', async () => {
    await probe.writeWord(LOCKS[id]!.keys, 0xbadbad)
    await expect(write()).rejects.toMatchObject({
      code: 'FLASH_FAILED',
      message: expect.stringContaining('Only a reset') as string,
    })
    await probe.pulseReset()
    expect((await write()).verifiedBytes).toBeGreaterThanOrEqual(bytes.length)
  })

  test('clears what an earlier program left in the error flags', async () => {
    try {
      poke(machine, last.start, 0) // a write that is not set up for
    } catch {
      // Some controllers answer it with a bus fault.
    }
    await expect(write()).resolves.toMatchObject({ erasedSectors: [last.index] })
  })

  test('locks the controller when the work in between fails', async () => {
    const failure = new AppError('CANCELLED', 'Stopped.')
    await expect(flash.unlocked(() => Promise.reject(failure))).rejects.toBe(failure)
    const { control, flag } = LOCKS[id]!
    expect((peek(machine, control) & flag) >>> 0).toBe(flag)
  })

  test('reads protection from option bytes as they leave the factory', async () => {
    expect(await flash.protection()).toEqual({ level: 0, writeProtected: [] })
  })
})
