// The way over USB, with a virtual ST-Link at its other end, and what can go wrong on it.

import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import { BOARDS, findBoardData } from '../../src-main/device/board-data.ts'
import { PRODUCTS, ST_VENDOR, type StlinkGeneration } from '../../src-main/device/stlink/protocol.ts'
import type { StlinkUsbDevice } from '../../src-main/device/stlink/usb-transport.ts'
import { openUsbProbe } from '../../src-main/device/usb-probes.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'
import { identifyChip } from '../../src-main/jobs/boards.ts'

const SRAM = addr(0x20000000)
const PRODUCT: Record<StlinkGeneration, number> = { v2: 0x3748, 'v2-1': 0x374b, v3: 0x374f }

let board: VirtualBoard
afterEach(() => board.close())

/** How a USB device behaves: commands on the OUT endpoint, the answer to the last one on IN, in whole packets. */
function usbDevice(generation: StlinkGeneration, change: Partial<StlinkUsbDevice> = {}) {
  const productId = PRODUCT[generation]
  const { endpoints } = PRODUCTS[productId]!
  const packetSize = generation === 'v3' ? 512 : 64
  let pending: Uint8Array | undefined
  let answer = new Uint8Array(0)
  const log: string[] = []
  const run = async (cdb: Uint8Array, data?: Uint8Array) => {
    answer = Uint8Array.from((await board.stlink.exchange([{ cdb, data, answer: 0 }]))[0]!)
  }
  /** Commands whose data comes in a transfer of its own. */
  const takesData = (cdb: Uint8Array) => cdb[0] === 0xf2 && [0x08, 0x0d, 0x48].includes(cdb[1]!)
  const device = {
    ...{ vendorId: ST_VENDOR, productId, serialNumber: 'SN', bus: '250', address: 1 },
    configuration: {
      interfaces: [{ alternate: { endpoints: [{ endpointNumber: 1, direction: 'in', packetSize }] } }],
    },
    open: async () => void log.push('open'),
    close: async () => void log.push('close'),
    claimInterface: async (number: number) => void log.push(`claim ${number}`),
    transferOut: async (endpoint: number, source: BufferSource) => {
      expect(endpoint).toBe(endpoints.out)
      const bytes = new Uint8Array(source as ArrayBuffer)
      if (pending !== undefined) {
        await run(pending, bytes)
        pending = undefined
      } else if (takesData(bytes)) pending = bytes
      else await run(bytes)
      return { status: 'ok' }
    },
    transferIn: async (endpoint: number, length: number) => {
      expect([endpoint, length % packetSize]).toEqual([1, 0])
      return { status: 'ok', data: new DataView(answer.buffer, 0, Math.min(length, answer.length)) }
    },
    ...change,
  }
  return { log, list: () => Promise.resolve([device]) }
}

describe.each(['v2', 'v2-1', 'v3'] as const)('an ST-Link %s', (generation) => {
  beforeEach(async () => {
    board = await openVirtualBoard(findBoardData('stm32f407')!, { probe: generation })
  })

  it('is claimed, driven and let go', async () => {
    const { list, log } = usbDevice(generation)
    const probe = await openUsbProbe('stlink:SN', list)
    expect(probe.info).toMatchObject({ name: PRODUCTS[PRODUCT[generation]]!.name, serial: 'SN' })
    const bytes = Uint8Array.from({ length: 3001 }, (_, i) => i)
    await probe.write(addr(SRAM + 3), bytes)
    const [back, word] = await Promise.all([probe.read(addr(SRAM + 3), 3001), probe.readWord(addr(SRAM + 4))])
    expect(back).toEqual(bytes)
    expect(word).toBe(0x04030201)
    await probe.close()
    expect(log).toEqual(['open', 'claim 0', 'close'])
  })
})

describe('what can go wrong', () => {
  beforeEach(async () => {
    board = await openVirtualBoard(findBoardData('stm32f407')!)
  })
  const fails = (message: string) => () => Promise.reject(new Error(message))

  it.each([
    ['open', 'open error: permission denied', 'PROBE_PERMISSION'],
    ['open', 'failed to open device: Access denied', 'PROBE_PERMISSION'],
    ['claimInterface', 'claimInterface error: interface is busy', 'PROBE_IN_USE'],
    ['transferOut', 'transferOut error: device disconnected', 'BOARD_GONE'],
    ['transferIn', 'transferIn error: hardware fault or protocol violation', 'PROBE_FAILED'],
  ] as const)('%s: %s', async (call, message, code) => {
    const { list, log } = usbDevice('v3', { [call]: fails(message) })
    await expect(openUsbProbe('stlink:SN', list)).rejects.toMatchObject({ code })
    // Nothing stays open behind an error.
    expect(log.includes('open')).toBe(log.includes('close'))
  })

  it('a stalled endpoint, and a probe that is not there', async () => {
    const { list } = usbDevice('v3', { transferIn: () => Promise.resolve({ status: 'stall' }) })
    await expect(openUsbProbe('stlink:SN', list)).rejects.toMatchObject({ code: 'PROBE_FAILED' })
    await expect(openUsbProbe('stlink:OTHER', list)).rejects.toMatchObject({ code: 'BOARD_UNKNOWN' })
  })

  it('goes on after an error: the next exchange is answered', async () => {
    const probe = await openUsbProbe('stlink:SN', usbDevice('v3').list)
    await expect(probe.readWord(addr(0x60000000))).rejects.toMatchObject({ code: 'BOARD_FAULT' })
    await expect(probe.readWord(SRAM)).resolves.toBe(0)
  })
})

describe('the chip behind a probe', () => {
  it.each(BOARDS.map(({ id }) => id))('%s is known by its id code', async (id) => {
    board = await openVirtualBoard(findBoardData(id)!)
    expect((await identifyChip(board.probe)).id).toBe(id)
  })

  it('one that nobody knows is refused', async () => {
    board = await openVirtualBoard(findBoardData('stm32f407')!)
    const stranger = { ...board.probe, readWord: () => Promise.resolve(0x10006416) }
    await expect(identifyChip(stranger)).rejects.toMatchObject({ code: 'BOARD_UNSUPPORTED' })
  })
})

it('the udev rules name every product', async () => {
  board = await openVirtualBoard(findBoardData('stm32f407')!)
  const rules = readFileSync('assets/udev/60-thimble.rules', 'utf8')
  const named = (pattern: RegExp) => [...rules.matchAll(pattern)].map((match) => parseInt(match[1]!, 16)).sort()
  const products = Object.keys(PRODUCTS).map(Number).sort()
  expect(named(/^SUBSYSTEM=="usb", .*ATTR\{idProduct\}=="([0-9a-f]{4})"/gm)).toEqual(products)
  // A V2 alone has no serial port.
  const withPort = products.filter((id) => PRODUCTS[id]!.generation !== 'v2')
  expect(named(/^SUBSYSTEM=="tty", .*ATTRS\{idProduct\}=="([0-9a-f]{4})"/gm)).toEqual(withPort)
})
