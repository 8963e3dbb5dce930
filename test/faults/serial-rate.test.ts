// The rate of a serial line: asked for, refused, not holding, and left behind by a host that was killed. Emulated time.

import { describe, expect, test } from 'vitest'
import { findBoardData } from '../../src-main/device/board-data.ts'
import {
  BASE_BAUD,
  CRC_BYTES,
  HEADER_BYTES,
  MAX_BAUD,
  payloadBytes,
  writePayload,
} from '../../src-main/device/link-protocol.ts'
import type { Machine } from '../../src-main/emulator/machine.ts'
import { FaultyLine } from './faulty-line.ts'

const NO_MODEL = new Uint8Array(4)
const HELLO_BITS = 10 * (2 * (HEADER_BYTES + CRC_BYTES) + payloadBytes('hello'))

/** Switched on and answering. */
async function started(id: string, change?: (machine: Machine) => void) {
  const line = new FaultyLine(id, NO_MODEL, change)
  const { link, firmware } = line.connect()
  const { chipId } = await firmware.hello()
  expect(chipId).toBe(findBoardData(id)!.idCode)
  const helloMs = async () => {
    const start = line.clock.monotonicMs()
    await firmware.hello()
    return line.clock.monotonicMs() - start
  }
  return { line, link, firmware, helloMs }
}

describe.each(['stm32f407', 'stm32f746', 'stm32h743'])('%s', (id) => {
  test('runs at 921600 baud, and goes back, with as many bits a second on the line', async () => {
    const { link, helloMs } = await started(id)
    for (const baud of [MAX_BAUD, 460_800, BASE_BAUD]) {
      await link.changeBaud(baud)
      const lineMs = (HELLO_BITS / baud) * 1000
      const took = await helloMs()
      expect(took).toBeGreaterThan(lineMs)
      expect(took).toBeLessThan(lineMs + 3) // ticks of the sleeping loop, and a slice of the test's own
    }
  }, 60_000)

  test('a host that comes after one that was killed finds the board, whatever its rate was', async () => {
    const { line, link } = await started(id)
    await link.changeBaud(MAX_BAUD)
    expect((await line.connect().firmware.hello()).chipId).toBe(findBoardData(id)!.idCode)
  }, 60_000)

  test('without a whole frame at the new rate it is back at the first within a second', async () => {
    const { line, link } = await started(id)
    await link.request('rate', writePayload('rate', { baud: MAX_BAUD }))
    line.pass(1010)
    const { firmware } = line.connect()
    const before = line.clock.monotonicMs()
    await firmware.hello()
    expect(line.clock.monotonicMs() - before).toBeLessThan(20) // one question was enough
  }, 60_000)
})

test('a line that does not hold at the rate has its own error, and goes on at the first', async () => {
  const { line, link, firmware } = await started('stm32f407')
  line.strike((_way, _index, value) => ({ values: [line.hostBaud === BASE_BAUD ? value : value ^ 0x24] }))
  await expect(link.changeBaud(MAX_BAUD)).rejects.toMatchObject({ code: 'SERIAL_RATE' })
  expect((await firmware.hello()).chipId).toBe(0x413)
}, 60_000)

test('a host and a board that lost each other at a fast rate find back to it', async () => {
  const { line, link, firmware, helloMs } = await started('stm32f407')
  await link.changeBaud(MAX_BAUD)
  const { bus } = line.machine
  const BRR = 0x40004408
  const fast = bus.read(BRR, 4)
  bus.write(BRR, 4, fast * 8) // as after eight bytes of noise
  expect((await firmware.hello()).chipId).toBe(0x413)
  expect(bus.read(BRR, 4)).toBe(fast)
  expect(await helloMs()).toBeLessThan((HELLO_BITS / MAX_BAUD) * 1000 + 3)
}, 60_000)

test.each([9600, BASE_BAUD - 1, MAX_BAUD + 1])(
  '%i baud is refused',
  async (baud) => {
    const { link, firmware } = await started('stm32f407')
    await expect(link.changeBaud(baud)).rejects.toMatchObject({ code: 'SERIAL_RATE' })
    expect((await firmware.hello()).chipId).toBe(0x413)
  },
  60_000,
)

test('a rate that the clock can not be divided to is refused', async () => {
  // No crystal and no PLL: 16 MHz are 2.1 % off 921600 baud.
  const { link, firmware } = await started('stm32f407', (machine) =>
    machine.bus.attach(0x40023800, 1024, {
      read: (offset) => machine.rcc.read(offset) & (offset === 0 ? ~((1 << 17) | (1 << 25)) : ~0),
      write: (offset, value, bytes) => machine.rcc.write(offset, value, bytes),
    }),
  )
  await expect(link.changeBaud(MAX_BAUD)).rejects.toMatchObject({ code: 'SERIAL_RATE' })
  await link.changeBaud(230_400)
  expect((await firmware.hello()).clock).toBe(16_000_000)
}, 60_000)
