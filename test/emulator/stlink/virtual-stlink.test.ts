// The byte protocol of the virtual ST-Link, command by command, on the chip's real bus.

import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { findBoardData } from '../../../src-main/device/board-data.ts'
import { command } from '../../../src-main/device/stlink/commands.ts'
import {
  COMMANDS,
  isSupported,
  MODE,
  STATUS_OK,
  type CommandName,
  type StlinkGeneration,
} from '../../../src-main/device/stlink/protocol.ts'
import type { StlinkCommand } from '../../../src-main/device/stlink/transport.ts'
import { BoardHost } from '../../../src-main/emulator/board-host.ts'
import { Dap } from '../../../src-main/emulator/dap.ts'
import { STLINK_MODELS, type StlinkModel } from '../../../src-main/emulator/stlink/models.ts'
import { VirtualStlink } from '../../../src-main/emulator/stlink/virtual-stlink.ts'
import { debugPortOf } from '../../../src-main/device/debug-port.ts'
import { FLASH, REGISTER, S_HALT, SRAM } from '../harness.ts'

const data = findBoardData('stm32f407')!
const PAGE = 4096
const [AP_FAULT, UNKNOWN_COMMAND] = [0x11, 0x42]

let host: BoardHost

function open(probe: StlinkGeneration = 'v3') {
  host = new BoardHost(data, { probe })
}
beforeEach(() => open())
afterEach(() => host.close())

function send(...commands: StlinkCommand[]): Uint8Array[] {
  const reply = host.serve({ kind: 'probe', commands })
  if (!reply.ok) throw new Error(reply.error.message)
  return reply.value as Uint8Array[]
}
const ask = (one: StlinkCommand) => send(one)[0]!
const raw = (...bytes: number[]): StlinkCommand => {
  const cdb = new Uint8Array(16)
  cdb.set(bytes)
  return { cdb, answer: 0 }
}
const u32 = (n: number) => [n & 0xff, (n >>> 8) & 0xff, (n >>> 16) & 0xff, n >>> 24]
const wordAt = (answer: Uint8Array, at: number) => new DataView(answer.buffer, answer.byteOffset).getUint32(at, true)
const enter = () => ask(command('enterDebug', { parameter: 0xa3 }))
const status = () => ask(command('statusAndAddress'))
const write = (name: CommandName, address: number, bytes: Uint8Array) =>
  ask(command(name, { address, length: bytes.length, data: bytes }))
const read = (name: CommandName, address: number, length: number) => ask(command(name, { address, length }))
const readWord = (address: number) => wordAt(ask(raw(0xf2, 0x36, ...u32(address))), 4)
const writeWord = (address: number, value: number) => ask(raw(0xf2, 0x35, ...u32(address), ...u32(value)))
const dp = (register: number) => wordAt(ask(raw(0xf2, 0x45, 0xff, 0xff, register, 0)), 4)
const writeDp = (register: number, value: number) => ask(raw(0xf2, 0x46, 0xff, 0xff, register, 0, ...u32(value)))
const ap = (register: number, port = 0) => ask(raw(0xf2, 0x45, port, 0, register, 0))
const writeAp = (register: number, value: number) => ask(raw(0xf2, 0x46, 0, 0, register, 0, ...u32(value)))
const bytes = (length: number, seed = 1) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed) & 0xff)

describe('who it is', () => {
  it('a V2-1 says all in one version word', () => {
    open('v2-1')
    expect([...ask(raw(0xf1))]).toEqual([0x2a, 0xdc, 0x83, 0x04, 0x4b, 0x37]) // 2 << 12 | 43 << 6 | 28
    expect(ask(raw(0xfb))[0]).toBe(UNKNOWN_COMMAND)
  })

  it('a V3 says 3 and the rest in the extended version', () => {
    expect([...ask(raw(0xf1)).subarray(0, 2)]).toEqual([0x30, 0])
    const extended = ask(raw(0xfb))
    expect([...extended]).toEqual([3, 1, 10, 6, 4, 0, 0, 0, 0x83, 0x04, 0x4f, 0x37])
  })

  it('starts as a mass storage device, enters and leaves debugging', () => {
    expect(ask(raw(0xf5))[0]).toBe(MODE.MASS_STORAGE)
    expect(ask(raw(0xf2, 0x36, ...u32(SRAM)))[0]).not.toBe(STATUS_OK)
    expect(enter()[0]).toBe(STATUS_OK)
    expect(ask(raw(0xf5))[0]).toBe(MODE.DEBUG)
    ask(raw(0xf2, 0x21))
    expect(ask(raw(0xf5))[0]).toBe(MODE.MASS_STORAGE)
  })

  it('measures 3.3 V at the target', () => {
    const voltage = ask(raw(0xf7))
    expect((2 * 1.2 * wordAt(voltage, 4)) / wordAt(voltage, 0)).toBeCloseTo(3.3, 2)
  })

  it('offers JTAG on a board with two wires to nobody', () => {
    expect(ask(command('enterDebug', { parameter: 0xa4 }))[0]).not.toBe(STATUS_OK)
  })
})

describe('versions', () => {
  const fresh = (model: StlinkModel, mode?: number) => {
    const bus = {
      read: (_: number, n: number) => new Uint8Array(n),
      write: () => undefined,
      driveReset: () => undefined,
    }
    return new VirtualStlink(model, new Dap(debugPortOf(0x413)!, bus), mode)
  }

  it('a command is known from its version on and not before', () => {
    for (const name of Object.keys(COMMANDS) as CommandName[]) {
      for (const [stlink, first] of [
        [2, COMMANDS[name].since.v2],
        [3, COMMANDS[name].since.v3],
      ] as const) {
        for (const jtag of [0, 12, 14, 21, 23, 25, 27, 31, 33].concat(first === null ? [] : [first, first - 1])) {
          if (jtag < 0) continue
          const version = { stlink, jtag, swim: 0, massStorage: 0, bridge: 0 }
          const known = first !== null && jtag >= first
          expect(isSupported(name, version)).toBe(known)
          const probe = fresh({ productId: 0x3748, version }, MODE.DEBUG)
          expect(probe.execute(command(name))[0] === UNKNOWN_COMMAND, `${name} V${stlink}J${jtag}`).toBe(!known)
        }
      }
    }
  })

  it('in DFU mode nothing but its end and identification is understood', () => {
    const probe = fresh(STLINK_MODELS['v2-1'], MODE.DFU)
    expect(probe.execute(command('enterDebug', { parameter: 0xa3 }))[0]).not.toBe(STATUS_OK)
    expect(probe.execute(command('mode'))[0]).toBe(MODE.DFU)
    probe.execute(command('leaveDfu'))
    expect(probe.execute(command('enterDebug', { parameter: 0xa3 }))[0]).toBe(STATUS_OK)
  })

  it('whatever bytes arrive, it answers and the board lives on', () => {
    enter()
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 14, maxLength: 14 }),
        fc.constantFrom(0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf7, 0xfb, 0),
        fc.nat(0x7f),
        (rest, group, code) => {
          const reply = host.serve({
            kind: 'probe',
            commands: [{ cdb: Uint8Array.of(group, code, ...rest), data: rest, answer: 12 }],
          })
          expect(reply.ok).toBe(true)
        },
      ),
      { seed: 3, numRuns: 2000 },
    )
    enter()
    expect(readWord(data.idCodeAddress) & 0xfff).toBe(data.idCode)
  })
})

describe('memory', () => {
  beforeEach(() => void enter())

  it('moves blocks of words, halfwords and bytes', () => {
    const [words, halfwords, single] = [bytes(6144), bytes(512, 2), bytes(63, 3)]
    // Not across an increment page.
    for (let at = 0; at < words.length; at += 2048) write('write32', SRAM + at, words.slice(at, at + 2048))
    write('write16', SRAM + 0x2000, halfwords)
    write('write8', SRAM + 0x3001, single)
    expect(status()[0]).toBe(STATUS_OK)
    expect(read('read8', SRAM, 64)).toEqual(words.slice(0, 64))
    expect(read('read32', SRAM + 0x1000, 2048)).toEqual(words.slice(4096))
    expect(read('read16', SRAM + 0x2000, 512)).toEqual(halfwords)
    expect(read('read8', SRAM + 0x3001, 63)).toEqual(single)
  })

  it('wraps within its increment page, as silicon does', () => {
    const before = bytes(PAGE, 9)
    for (let at = 0; at < PAGE; at += 1024) write('write32', SRAM + at, before.slice(at, at + 1024))
    write('write32', SRAM + PAGE - 8, Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4))
    expect([...read('read32', SRAM + PAGE - 8, 8)]).toEqual([1, 1, 1, 1, 2, 2, 2, 2])
    expect([...read('read32', SRAM, 8)]).toEqual([3, 3, 3, 3, 4, 4, 4, 4])
    expect([...read('read32', SRAM + PAGE, 4)]).toEqual([0, 0, 0, 0])
    expect(read('read32', SRAM + PAGE - 8, 16).slice(8)).toEqual(Uint8Array.of(3, 3, 3, 3, 4, 4, 4, 4))
  })

  it('minds the pages itself for a client that brings its own CSW', () => {
    const block = bytes(6144)
    const write32 = command('write32', { address: SRAM + 0x54, length: block.length, data: block })
    write32.cdb[11] = 0xa2
    ask(write32)
    for (let at = 0; at < block.length; at += 4) {
      expect(readWord(SRAM + 0x54 + at)).toBe(wordAt(block, at))
    }
  })

  it('says which address refused', () => {
    read('read32', 0x60000000, 16)
    expect([status()[0], wordAt(status(), 4)]).toEqual([AP_FAULT, 0x60000000])
    write('write32', FLASH + 0x100, bytes(8))
    expect([status()[0], wordAt(status(), 4)]).toEqual([AP_FAULT, FLASH + 0x100])
    read('read32', SRAM, 4)
    expect(status()[0]).toBe(STATUS_OK)
  })

  it('refuses longer blocks than its kind takes', () => {
    const limits: [StlinkGeneration, number][] = [
      ['v2-1', 64],
      ['v3', 512],
    ]
    for (const [generation, limit] of limits) {
      host.close()
      open(generation)
      enter()
      write('write8', SRAM, bytes(limit))
      expect(status()[0]).toBe(STATUS_OK)
      write('write8', SRAM, bytes(limit + 1))
      expect(status()[0]).not.toBe(STATUS_OK)
      write('write32', SRAM, bytes(6144))
      expect(status()[0]).toBe(STATUS_OK)
      write('write32', SRAM, bytes(6148))
      expect(status()[0]).not.toBe(STATUS_OK)
    }
  })

  it('reads and writes one address again and again', () => {
    write('write32', SRAM, Uint8Array.of(...u32(7), ...u32(8)))
    write('writeSame32', SRAM, Uint8Array.of(...u32(1), ...u32(2)))
    expect([...read('readSame32', SRAM, 8)]).toEqual([...u32(2), ...u32(2)])
    expect(readWord(SRAM + 4)).toBe(8)
  })
})

describe('debug port and access port', () => {
  beforeEach(() => void enter())

  it('acknowledges what power is asked for', () => {
    expect(dp(0)).toBe(0x2ba01477)
    writeDp(4, 0)
    expect(dp(4) >>> 28).toBe(0)
    writeDp(4, 0x10000000)
    expect(dp(4) >>> 28).toBe(3)
    writeDp(4, 0x50000000)
    expect(dp(4) >>> 28).toBe(15)
  })

  it('describes its access port and has one only', () => {
    expect(wordAt(ap(0xfc), 4)).toBe(0x24770011)
    expect(wordAt(ap(0xf8), 4)).toBe(0xe00ff003)
    expect(wordAt(ap(0xf4), 4)).toBe(0)
    expect(wordAt(ap(0xfc, 1), 4)).toBe(0)
    expect(ask(raw(0xf2, 0x4b, 0))[0]).toBe(STATUS_OK)
    expect(ask(raw(0xf2, 0x4b, 1))[0]).not.toBe(STATUS_OK)
  })

  it('transfers through DRW, narrow data in its byte lane, and TAR wraps', () => {
    writeAp(0x00, 0x23000012) // words, single increment
    writeAp(0x04, SRAM + PAGE - 4)
    writeAp(0x0c, 0x11223344)
    writeAp(0x0c, 0x55667788)
    expect([readWord(SRAM + PAGE - 4), readWord(SRAM)]).toEqual([0x11223344, 0x55667788])
    expect(wordAt(ap(0x04), 4)).toBe(SRAM + 4)
    writeAp(0x00, 0x23000010) // bytes
    writeAp(0x04, SRAM + 2)
    expect(wordAt(ap(0x0c), 4)).toBe(0x00660000)
    writeAp(0x00, 0x23000021) // halfwords, packed: two in a transfer
    writeAp(0x04, SRAM)
    writeAp(0x0c, 0xaabbccdd)
    expect([readWord(SRAM), wordAt(ap(0x04), 4)]).toEqual([0xaabbccdd, SRAM + 4])
    writeAp(0x04, SRAM + 0x20)
    ask(raw(0xf2, 0x46, 0, 0, 0x18, 0, ...u32(99))) // BD2
    expect(readWord(SRAM + 0x28)).toBe(99)
  })

  it('shows in its registers what a block has left there', () => {
    write('write16', SRAM + 0x10, bytes(6))
    expect(wordAt(ap(0x04), 4)).toBe(SRAM + 0x16)
    expect(wordAt(ap(0x00), 4) & 0x37).toBe(0x11)
    read('read32', SRAM + PAGE - 4, 4)
    expect(wordAt(ap(0x04), 4)).toBe(SRAM)
  })

  it('keeps an error until it is cleared', () => {
    writeAp(0x00, 0x23000012)
    writeAp(0x04, 0x60000000)
    expect(ap(0x0c)[0]).toBe(AP_FAULT)
    expect(dp(4) & (1 << 5)).not.toBe(0)
    writeAp(0x04, SRAM)
    expect(ap(0x0c)[0]).toBe(AP_FAULT)
    writeDp(0, 1 << 2) // ABORT.STKERRCLR
    expect(ap(0x0c)[0]).toBe(STATUS_OK)
  })
})

describe('core', () => {
  beforeEach(() => void enter())

  it('halts, takes and gives registers, one by one and all', () => {
    writeWord(REGISTER.DHCSR, 0xa05f0003)
    expect(readWord(REGISTER.DHCSR) & S_HALT).toBe(S_HALT)
    for (const register of [0, 7, 12, 0x40, 0x5f]) ask(raw(0xf2, 0x34, register, ...u32(0x1000 + register)))
    for (const register of [0, 7, 12, 0x40, 0x5f]) {
      expect(wordAt(ask(raw(0xf2, 0x33, register)), 4)).toBe(0x1000 + register)
    }
    const all = ask(raw(0xf2, 0x3a))
    expect([all.length, wordAt(all, 0), wordAt(all, 4), wordAt(all, 4 + 28)]).toEqual([88, STATUS_OK, 0x1000, 0x1007])
  })

  it('holds the chip in reset while nRST is low, and catches the reset when told to', () => {
    writeWord(SRAM, 5)
    ask(raw(0xf2, 0x3c, 0))
    writeWord(REGISTER.DHCSR, 0xa05f0001)
    writeWord(REGISTER.DEMCR, 1)
    expect(readWord(REGISTER.DHCSR) & S_HALT).toBe(0)
    ask(raw(0xf2, 0x3c, 1))
    expect(readWord(REGISTER.DHCSR) & S_HALT).toBe(S_HALT)
    expect(readWord(SRAM)).toBe(5)
  })

  it('resets through the core', () => {
    writeWord(REGISTER.DHCSR, 0xa05f0003)
    readWord(REGISTER.DHCSR)
    ask(raw(0xf2, 0x32))
    expect(readWord(REGISTER.DHCSR) & (1 << 25)).not.toBe(0)
    expect(readWord(REGISTER.DHCSR) & (1 << 25)).toBe(0)
  })
})
