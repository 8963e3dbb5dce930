// Two boards on one computer, each with its own ST-Link: what is done to one leaves the other alone.

import { afterEach, beforeEach, expect, it } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import { listUsbProbes, openUsbProbe } from '../../src-main/device/usb-probes.ts'
import { errorOf, FaultyBoard, type UsbEntry } from './faulty-board.ts'
import { firmwareOf, flashAndRun, flashWith, modelsFor, wholeModel } from './flash-session.ts'

const RAM = addr(0x20000000)
const MARK = 0x5eed1234

let first: FaultyBoard
let second: FaultyBoard
beforeEach(() => {
  first = new FaultyBoard('stm32f407', undefined, { serial: '066DFF', address: 4 })
  second = new FaultyBoard('stm32f407', undefined, { serial: '0029', address: 5 })
})
afterEach(() => {
  first.close()
  second.close()
})

/** What the system lists with both plugged in. */
const both = async (): Promise<UsbEntry[]> => [...(await first.list()), ...(await second.list())]
const list = async () => (await listUsbProbes(both)).map(({ id }) => id)

/** What RAM holds at `RAM`, asked of the chip itself. */
function word({ machine: { memory } }: FaultyBoard): number {
  const at = memory.existingOffset(RAM)
  return new DataView(memory.u8.buffer, memory.u8.byteOffset).getUint32(at, true)
}

function sharing(serial: string) {
  first.close()
  second.close()
  first = new FaultyBoard('stm32f407', undefined, { serial, address: 4 })
  second = new FaultyBoard('stm32f407', undefined, { serial, address: 5 })
}

it('are listed by their serial numbers', async () => {
  expect(await list()).toEqual(['stlink:066DFF', 'stlink:0029'])
})

it('are chosen by serial number: only that one is spoken to', async () => {
  const probe = await openUsbProbe('stlink:0029', both)
  await probe.writeWord(RAM, MARK)
  expect([word(first), word(second)]).toEqual([0, MARK])
  await probe.close()
  expect(second.commands).toBeGreaterThan(0)
  expect(first.commands).toBe(0)
})

it('one that is not there is not made up for by another', async () => {
  await expect(openUsbProbe('stlink:0030', both)).rejects.toMatchObject({ code: 'BOARD_UNKNOWN' })
  await expect(openUsbProbe('stlink:', both)).rejects.toMatchObject({ code: 'BOARD_UNKNOWN' })
  expect([first.commands, second.commands]).toEqual([0, 0])
})

it('with one serial number are told apart by where they are plugged in, and a pick by the number is refused', async () => {
  sharing('COPY')
  expect(await list()).toEqual(['stlink:COPY@250-4', 'stlink:COPY@250-5'])
  const refused = await errorOf(openUsbProbe('stlink:COPY', both))
  expect(refused).toMatchObject({ code: 'PROBE_AMBIGUOUS' })
  expect(refused!.message).toMatch(/stlink:COPY@250-4, stlink:COPY@250-5/)
  expect([first.commands, second.commands]).toEqual([0, 0])

  const probe = await openUsbProbe('stlink:COPY@250-5', both)
  await probe.close()
  expect(first.commands).toBe(0)
  expect(second.commands).toBeGreaterThan(0)
})

it('are flashed at the same time; the one that is pulled out leaves the other alone', async () => {
  const { data } = first
  const image = firmwareOf(data)
  const [older, wanted] = modelsFor(data)
  first.powerCycle(flashWith(data, older))
  second.powerCycle(flashWith(data, older))
  // once both are in the middle of it
  first.fault = ({ commandIndex }) => (commandIndex > 60 && second.commands > 60 ? 'unplug' : undefined)
  const [pulled, whole] = await Promise.all([
    errorOf(flashAndRun(first, image, wanted, { list: both })),
    flashAndRun(second, image, wanted, { list: both }),
  ])
  expect(pulled?.code).toBe('BOARD_GONE')
  expect(whole.report.model.verifiedBytes).toBeGreaterThanOrEqual(wanted.length)
  expect(wholeModel(second, [wanted])).toBe(wanted)

  first.plugIn()
  await flashAndRun(first, image, wanted, { list: both })
  expect(wholeModel(first, [wanted])).toBe(wanted)
}, 60_000)
