// The ST-Link driver against virtual ST-Links of every generation, with a transport in between that can spoil things.

import fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { addr } from '../../src-main/base/units.ts'
import { findBoardData } from '../../src-main/device/board-data.ts'
import { createCore } from '../../src-main/device/cortex-m.ts'
import { incrementBytesOf } from '../../src-main/device/debug-port.ts'
import { COMMANDS, type CommandName, type StlinkGeneration } from '../../src-main/device/stlink/protocol.ts'
import { cutIntoBlocks, openStlinkProbe } from '../../src-main/device/stlink/stlink-probe.ts'
import type { StlinkCommand, StlinkTransport } from '../../src-main/device/stlink/transport.ts'
import { openVirtualBoard, type VirtualBoard } from '../../src-main/emulator/virtual-board.ts'

const data = findBoardData('stm32f407')!
const SRAM = 0x20000000
const GENERATIONS: StlinkGeneration[] = ['v2', 'v2-1', 'v3']

let board: VirtualBoard

async function open(generation: StlinkGeneration = 'v3') {
  board = await openVirtualBoard(data, { probe: generation })
  return board
}
afterEach(() => board.close())

const isA = (name: CommandName, { cdb }: StlinkCommand) => COMMANDS[name].code.every((byte, i) => cdb[i] === byte)

/** The same way with some answers replaced; what is replaced does not reach the probe. */
function spoiled(
  spoil: (command: StlinkCommand) => Uint8Array | undefined,
): StlinkTransport & { sent: StlinkCommand[] } {
  const sent: StlinkCommand[] = []
  return {
    sent,
    exchange: async (commands) => {
      const answers: Uint8Array[] = []
      for (const command of commands) {
        sent.push(command)
        answers.push(spoil(command) ?? (await board.stlink.exchange([command]))[0]!)
      }
      return answers
    },
    close: () => Promise.resolve(),
  }
}
const options = { serial: 'test' }
const status = (code: number) => {
  const answer = new Uint8Array(12)
  answer[0] = code
  return answer
}
const failsWith = (code: string): unknown => expect.objectContaining({ code })

describe.each(GENERATIONS)('through an ST-Link %s', (generation) => {
  it('says which probe it is', async () => {
    const { probe } = await open(generation)
    const [name, firmware] = {
      v2: ['ST-Link V2', 'V2J37'],
      'v2-1': ['ST-Link V2-1', 'V2J43'],
      v3: ['ST-Link V3', 'V3J10'],
    }[generation] as [string, string]
    expect(probe.info).toEqual({ name, firmware, serial: 'stm32f407' })
  })

  it('reads and writes memory at any alignment and length, across pages', async () => {
    const { probe } = await open(generation)
    const size = 20_000
    const model = new Uint8Array(size)
    await probe.write(addr(SRAM), model)
    await fc.assert(
      fc.asyncProperty(
        fc.nat(size - 1),
        fc.oneof(fc.nat(9), fc.nat(200), fc.nat(15_000)),
        fc.nat(255),
        async (at, length, seed) => {
          const count = Math.min(length, size - at)
          const bytes = Uint8Array.from({ length: count }, (_, i) => (seed + i * 7) & 0xff)
          await probe.write(addr(SRAM + at), bytes)
          model.set(bytes, at)
          const from = Math.max(0, at - 5)
          const to = Math.min(size, at + count + 5)
          expect(await probe.read(addr(SRAM + from), to - from)).toEqual(model.slice(from, to))
        },
      ),
      { seed: 11, numRuns: 60 },
    )
    expect(await probe.read(addr(SRAM), size)).toEqual(model)
  })

  it('connects under reset: the core has not executed an instruction', async () => {
    await open(generation)
    const probe = await openStlinkProbe(board.stlink, { ...options, underReset: true })
    const core = createCore(probe)
    expect((await core.state()).halted).toBe(true)
    expect(await core.readRegister('lr')).toBe(0xffffffff)
  })
})

describe('blocks', () => {
  it('cover all bytes once, never cross a page, keep to the limits', () => {
    fc.assert(
      fc.property(
        fc.nat(0x3000),
        fc.nat(20_000),
        fc.constantFrom(1024, 4096),
        fc.constantFrom(64, 512),
        (address, length, page, limit) => {
          let next = 0
          for (const block of cutIntoBlocks(address, length, page, limit)) {
            expect([block.offset, block.address]).toEqual([next, address + next])
            expect(block.length).toBeGreaterThan(0)
            expect(block.length).toBeLessThanOrEqual(block.size === 4 ? 6144 : limit)
            expect(Math.floor(block.address / page)).toBe(Math.floor((block.address + block.length - 1) / page))
            expect(block.address % block.size).toBe(0)
            expect(block.length % block.size).toBe(0)
            next += block.length
          }
          expect(next).toBe(length)
        },
      ),
      { seed: 5 },
    )
  })

  it('are those of the core: 4 KB on a Cortex-M4, 1 KB on an M7 and where it is unknown', () => {
    expect([0x2ba01477, 0x5ba02477, 0x6ba02477, 0].map(incrementBytesOf)).toEqual([4096, 1024, 1024, 1024])
  })
})

describe('a target that is busy', () => {
  it('is asked again, from the block that it refused on', async () => {
    await open()
    let asked = 0
    // Of three blocks the second and third are refused, then the second once more.
    const transport = spoiled((command) =>
      isA('statusAndAddress', command) && [2, 3, 4].includes(++asked) ? status(0x10) : undefined,
    )
    const probe = await openStlinkProbe(transport, options)
    transport.sent.length = 0
    const bytes = Uint8Array.from({ length: 9000 }, (_, i) => i)
    await probe.write(addr(SRAM), bytes)
    expect(await probe.read(addr(SRAM), bytes.length)).toEqual(bytes)
    expect(transport.sent.filter((command) => isA('write32', command))).toHaveLength(3 + 2 + 2)
  })

  it('that never ends times out', async () => {
    await open()
    const probe = await openStlinkProbe(
      spoiled((command) => (isA('readWord', command) ? status(0x14) : undefined)),
      options,
    )
    await expect(probe.readWord(addr(SRAM))).rejects.toEqual(failsWith('BOARD_TIMEOUT'))
  })
})

describe('what can be wrong', () => {
  const connect = async (name: CommandName, answer: Uint8Array) => {
    await open()
    return openStlinkProbe(
      spoiled((command) => (isA(name, command) ? answer : undefined)),
      options,
    )
  }
  const version = (word: number) => Uint8Array.of(word >>> 8, word & 0xff, 0x83, 0x04, 0x48, 0x37)

  it.each([
    ['firmware from before V2J15', 'version', version((2 << 12) | (14 << 6)), 'PROBE_OLD_FIRMWARE'],
    ['a first ST-Link', 'version', version((1 << 12) | (13 << 6)), 'PROBE_OLD_FIRMWARE'],
    ['a probe that says nothing', 'version', new Uint8Array(0), 'PROBE_FAILED'],
    ['a probe in DFU mode for good', 'mode', Uint8Array.of(0, 0), 'PROBE_MODE'],
    ['a board without power', 'voltage', Uint8Array.of(0xd1, 5, 0, 0, 9, 0, 0, 0), 'TARGET_UNPOWERED'],
    ['a target that is asleep, or its pins reused', 'enterDebug', status(0x09), 'TARGET_UNREACHABLE'],
    ['wires that fall off', 'idCodes', status(0x17), 'TARGET_UNREACHABLE'],
  ] as const)('%s', async (_, name, answer, code) => {
    await expect(connect(name, answer)).rejects.toEqual(failsWith(code))
  })

  it.each([
    [0x11, 'BOARD_FAULT'],
    [0x16, 'TARGET_UNREACHABLE'],
    [0x42, 'PROBE_FAILED'],
    [0x77, 'PROBE_FAILED'],
  ])('an access that ends with status 0x%s', async (code, error) => {
    const probe = await connect('statusAndAddress', status(code))
    await expect(probe.read(addr(SRAM), 64)).rejects.toEqual(failsWith(error))
    await expect(probe.write(addr(SRAM), new Uint8Array(64))).rejects.toEqual(failsWith(error))
  })

  it('names the address that refused', async () => {
    const { probe } = await open()
    await expect(probe.read(addr(SRAM + 0x1f000), 8192)).rejects.toMatchObject({
      code: 'BOARD_FAULT',
      context: { address: '0x20020000' },
    })
  })

  it('recovers: the next access after an error works', async () => {
    const { probe } = await open()
    await expect(probe.readWord(addr(0x60000000))).rejects.toEqual(failsWith('BOARD_FAULT'))
    expect((await probe.readWord(data.idCodeAddress)) & 0xfff).toBe(data.idCode)
  })

  it('takes over what another program left: debug mode, SWIM, DFU', async () => {
    await open()
    let leavesDfu = false
    const transport = spoiled((command) => {
      if (isA('leaveDfu', command)) leavesDfu = true
      return isA('mode', command) && !leavesDfu ? Uint8Array.of(0, 0) : undefined
    })
    const probe = await openStlinkProbe(transport, options)
    expect((await probe.readWord(data.idCodeAddress)) & 0xfff).toBe(data.idCode)
  })

  it('leaves the debug mode when it closes', async () => {
    const { probe, stlink } = await open()
    await probe.close()
    const [mode] = await stlink.exchange([
      { cdb: Uint8Array.from({ length: 16 }, (_, i) => (i ? 0 : 0xf5)), answer: 2 },
    ])
    expect(mode![0]).not.toBe(2)
  })
})
