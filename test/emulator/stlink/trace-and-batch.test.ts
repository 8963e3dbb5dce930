// SWO's way through the probe, and accesses in batches, command by command.

import { beforeEach, describe, expect, it } from 'vitest'
import { findBoardData } from '../../../src-main/device/board-data.ts'
import { STATUS_OK, TRACE_BUFFER_BYTES } from '../../../src-main/device/stlink/protocol.ts'
import { BoardHost } from '../../../src-main/emulator/board-host.ts'

const SRAM = 0x20000100
const CORE_HZ = 16_000_000
const BAUD = 2_000_000
const AP_FAULT = 0x11

let host: BoardHost

const u32 = (n: number) => [n, n >>> 8, n >>> 16, n >>> 24].map((byte) => byte & 255)
const serve = (command: number[], data?: number[]): Uint8Array => {
  const cdb = new Uint8Array(16)
  cdb.set(command)
  const reply = host.serve({
    kind: 'probe',
    commands: [{ cdb, data: data === undefined ? undefined : Uint8Array.from(data), answer: 0 }],
  })
  if (!reply.ok) throw new Error(reply.error.message)
  return (reply.value as Uint8Array[])[0]!
}
const writeWord = (address: number, value: number) => serve([0xf2, 0x35, ...u32(address), ...u32(value)])
const takeTrace = (length: number) => {
  const reply = host.serve({ kind: 'trace', length })
  return [...((reply as { value: Uint8Array[] }).value[0] ?? [])]
}
const waiting = () => Buffer.from(serve([0xf2, 0x42])).readUInt16LE()
const start = (baud = BAUD, size = TRACE_BUFFER_BYTES) => serve([0xf2, 0x40, size & 255, size >>> 8, ...u32(baud)])[0]

beforeEach(() => {
  host = new BoardHost(findBoardData('stm32f407')!, { probe: 'v2-1' })
  serve([0xf2, 0x30, 0xa3])
})

/** As debuggers set the target up: DEMCR, TPIU, ITM. */
function enableItm(divisor = CORE_HZ / BAUD) {
  writeWord(0xe000edfc, 1 << 24)
  writeWord(0xe00400f0, 2)
  writeWord(0xe0040010, divisor - 1)
  writeWord(0xe0000fb0, 0xc5acce55)
  writeWord(0xe0000e80, 1)
  writeWord(0xe0000e00, 0xb)
}
const say = (value: number, port = 0) => writeWord(0xe0000000 + 4 * port, value)

describe('SWO', () => {
  it('carries packets of enabled ports to the trace endpoint, in order', () => {
    enableItm()
    expect(start()).toBe(STATUS_OK)
    say(0x04030201)
    say(0x08070605, 2) // not enabled
    say(0x0c0b0a09, 3)
    expect(waiting()).toBe(10)
    expect(takeTrace(6)).toEqual([0x03, 1, 2, 3, 4, 0x1b])
    expect(takeTrace(100)).toEqual([9, 10, 11, 12])
    expect(waiting()).toBe(0)
  })

  it('carries nothing before it is started, after it is stopped, and after debugging has ended', () => {
    enableItm()
    say(1)
    expect(waiting()).toBe(0)
    start()
    say(2)
    expect(serve([0xf2, 0x41])[0]).toBe(STATUS_OK)
    say(3)
    expect(waiting()).toBe(0)
    start()
    serve([0xf2, 0x21])
    serve([0xf2, 0x30, 0xa3])
    say(4)
    expect(waiting()).toBe(0)
  })

  it.each([
    ['TRCENA is off', () => writeWord(0xe000edfc, 0)],
    ['ITM is off', () => writeWord(0xe0000e80, 0)],
    ['the pin speaks Manchester', () => writeWord(0xe00400f0, 1)],
    ['the pin is twice as fast', () => writeWord(0xe0040010, CORE_HZ / BAUD / 2 - 1)],
  ])('carries nothing while %s', (_, spoil) => {
    enableItm()
    start()
    spoil()
    say(1)
    expect(waiting()).toBe(0)
  })

  it('loses what the host does not fetch in time', () => {
    enableItm()
    start()
    for (let n = 0; n < 1000; n++) say(n)
    expect(waiting()).toBe(TRACE_BUFFER_BYTES)
  })

  it('refuses rates and buffers that a probe does not have', () => {
    expect(start(2_000_001)).not.toBe(STATUS_OK)
    expect(start(0)).not.toBe(STATUS_OK)
    expect(start(BAUD, TRACE_BUFFER_BYTES + 1)).not.toBe(STATUS_OK)
    host = new BoardHost(findBoardData('stm32f407')!, { probe: 'v3' })
    serve([0xf2, 0x30, 0xa3])
    expect(start(24_000_000)).toBe(STATUS_OK)
  })
})

describe('a batch', () => {
  const [ADDRESS, WRITE, READ, ACCESS_PORT] = [1, 2, 3, 5]
  const run = (...items: [code: number, word: number][]) => {
    const codes = items.map(([code]) => code)
    while (codes.length % 4 !== 0) codes.push(0)
    serve([0xf2, 0x51, ...u32(items.length)], [...codes, ...items.flatMap(([, word]) => u32(word))])
    const answer = Buffer.from(serve([0xf2, 0x52]))
    const words = Array.from({ length: answer.length / 4 }, (_, index) => answer.readUInt32LE(4 * index))
    return { values: words.slice(0, items.length), statuses: words.slice(items.length) }
  }

  it('reads and writes words through the access port that it names', () => {
    const { values, statuses } = run(
      [ACCESS_PORT, 0],
      [ADDRESS, SRAM],
      [WRITE, 0xcafe0001],
      [READ, SRAM],
      [READ, 0xe000ed00],
    )
    expect(values).toEqual([0, 0, 0, 0xcafe0001, 0x410fc241])
    expect(statuses).toEqual(Array(5).fill(STATUS_OK))
  })

  it('ends at the first access that fails', () => {
    const { statuses } = run([READ, SRAM], [READ, 0xf0000000], [ADDRESS, SRAM], [WRITE, 1])
    expect(statuses).toEqual([STATUS_OK, AP_FAULT, AP_FAULT, AP_FAULT])
    expect(run([READ, SRAM]).values).toEqual([0])
  })

  it('knows no other items, and not more than the probe holds', () => {
    expect(run([9, 0]).statuses).not.toContain(STATUS_OK)
    expect(run(...Array.from({ length: 64 }, () => [READ, SRAM] as [number, number])).statuses).toHaveLength(64)
    expect(run(...Array.from({ length: 65 }, () => [READ, SRAM] as [number, number])).statuses).toHaveLength(0)
  })
})
